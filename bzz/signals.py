"""The named signals, what each one offers, and how a receiver is called.

They are blinker signals with three differences, all in how they are *sent*: receivers run in the order in which they
were connected, whatever a receiver returns is awaited if it can be, and a receiver gets the keywords its signature has
room for. A receiver that could never be called is refused when it is connected.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import weakref
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import blinker
from blinker._utilities import make_id
from blinker.base import ANY_ID

logger = logging.getLogger("bzz")

Receiver = TypeVar("Receiver", bound=Callable[..., Any])
SENDER = ""  # stands for the sender among the positional arguments of a Call; no keyword is empty


class Computed:
    """A keyword's value that is computed anew for each receiver that names the keyword.

    Args:
        function: called without arguments, and awaited; its result is what the receiver gets.
    """

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Awaitable[object]]) -> None:
        self.function = function


@dataclass(frozen=True, slots=True)
class Call:
    """How one receiver is called: what it takes by position, and which keywords (None: all there are)."""

    positional: tuple[str, ...]
    keywords: tuple[str, ...] | None

    async def __call__(self, receiver: Callable[..., Any], sender: object, offered: Mapping[str, Any]) -> Any:
        """Call ``receiver`` with what it takes of ``sender`` and of the keywords ``offered``; return what it does.

        Whatever it returns is awaited, if it can be.
        """
        named = [name for name in (offered if self.keywords is None else self.keywords) if name not in self.positional]
        by_position = [sender if name == SENDER else await _value(offered[name]) for name in self.positional]
        result = receiver(*by_position, **{name: await _value(offered[name]) for name in named})
        return await result if inspect.isawaitable(result) else result


async def _value(offered: Any) -> Any:
    return await offered.function() if isinstance(offered, Computed) else offered


class Signal(blinker.NamedSignal):
    """A blinker signal that declares its keywords and awaits its receivers one after the other.

    Args:
        name: what it is called.
        doc: when it is sent.
        keywords: what it offers, each with its meaning.
        isolated: whether a receiver's exception is logged, and the others still run, instead of stopping the act.
    """

    def __init__(self, name: str, doc: str, keywords: Mapping[str, str], *, isolated: bool = False) -> None:
        super().__init__(name, doc)
        self.keywords = dict(keywords)
        self.isolated = isolated
        self._calls: dict[Any, Call] = {}

    def connect(self, receiver: Receiver, sender: Any = blinker.ANY, weak: bool = True) -> Receiver:
        """Have ``receiver`` called when ``sender`` (by default: anything) sends this signal.

        Raises:
            TypeError: the receiver's signature asks for something that this signal does not offer.
        """
        self._calls = {key: call for key, call in self._calls.items() if key in self.receivers}
        self._calls[make_id(receiver)] = self._plan(receiver)
        return super().connect(receiver, sender, weak)

    async def send_async(self, sender: Any, /, **keywords: Any) -> list[tuple[Callable[..., Any], Any]]:  # type: ignore[override]
        """Call the receivers for ``sender`` in the order of their connection, awaiting each before the next.

        Args:
            sender: what the signal is about; receivers connected to it, or to anything, are called.
            keywords: what the signal offers; a ``Computed`` one is computed for each receiver that names it.

        Returns:
            Pairs of a receiver and what it returned.

        Raises:
            Exception: what a receiver raised, unless the signal is isolated.
        """
        results = []
        for receiver, call in self._live(sender):
            try:
                result = await call(receiver, sender, keywords)
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
                    raise
                if not self.isolated:
                    if isinstance(error, asyncio.CancelledError):  # Tornado would leave the client without an answer
                        raise RuntimeError(f"{receiver!r} awaited what was cancelled") from error
                    raise
                logger.exception("A receiver of %s failed: %r", self.name, receiver)
            else:
                results.append((receiver, result))
        return results

    def _live(self, sender: Any) -> list[tuple[Callable[..., Any], Call]]:
        if self.is_muted or not self.receivers:
            return []
        to_any, to_sender = self._by_sender.get(ANY_ID, ()), self._by_sender.get(make_id(sender), ())
        live = []
        for key, receiver in self.receivers.copy().items():  # in one step: a weak one may die while others are listed
            if key in to_any or key in to_sender:
                strong = receiver() if isinstance(receiver, weakref.ref) else receiver
                if strong is not None:
                    live.append((strong, self._calls.get(key) or self._plan(strong)))
        return live

    def _plan(self, receiver: Callable[..., Any]) -> Call:
        try:
            parameters = _signature(receiver).parameters.values()
        except (TypeError, ValueError):  # a builtin, say: nothing to read, so it gets everything
            return Call((SENDER,), None)
        positional: list[str] = []
        keywords: list[str] = []
        everything = skipped = False
        for index, parameter in enumerate(parameters):
            by_position = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            if parameter.kind is parameter.VAR_KEYWORD:
                everything = True
            elif index == 0 and parameter.name not in self.keywords and (by_position or _is_var(parameter)):
                positional.append(SENDER)
            elif parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in self.keywords and not skipped:
                positional.append(parameter.name)
            elif parameter.kind is not parameter.POSITIONAL_ONLY and parameter.name in self.keywords:
                keywords.append(parameter.name)
            elif parameter.default is not parameter.empty:
                skipped = True  # what follows by position only keeps its default, too
            elif not _is_var(parameter):
                offered = ", ".join(self.keywords)
                raise TypeError(
                    f"{receiver!r} asks for {parameter.name!r}; {self.name} offers the sender and {offered}"
                )
        return Call(tuple(positional), None if everything else tuple(keywords))


def _is_being_cancelled() -> bool:
    """Tell whether the running task was asked to stop, other than a task that a receiver awaits."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _is_var(parameter: inspect.Parameter) -> bool:
    return parameter.kind is parameter.VAR_POSITIONAL


def _signature(receiver: Callable[..., Any]) -> inspect.Signature:
    """The outermost callable's own signature; what it wraps counts only if it takes anything itself."""
    signature = inspect.signature(receiver, follow_wrapped=False)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        return inspect.signature(receiver)
    return signature


_ARGUMENTS = "the path as a list of strings: ``['user']``, ``['user/PK']``, ``['team/ID', 'users/UID']``"
_HANDLER = "the request's Tornado handler; None outside a request"
_INSTANCE = "the instance, of the model's own class"
_DATA = "field name to typed value; a receiver may change it"
_DIFF = "dotted field name to ``{'from': old, 'to': new}``"

pre_get_instance = Signal(
    "pre_get_instance", "Before an instance is read.", {"arguments": _ARGUMENTS, "handler": _HANDLER}
)
post_get_instance = Signal(
    "post_get_instance", "After an instance was read, before the reply.", {"instance": _INSTANCE, "handler": _HANDLER}
)
pre_get_list = Signal(
    "pre_get_list",
    "Before a list is read.",
    {"arguments": _ARGUMENTS, "handler": _HANDLER, "query": "the Query about to be run; a receiver may change it"},
)
post_get_list = Signal(
    "post_get_list",
    "After a list was read, before the reply.",
    {"items": "the instances, a list that a receiver may change", "handler": _HANDLER},
)
pre_create_instance = Signal(
    "pre_create_instance",
    "Before an instance is created.",
    {"arguments": _ARGUMENTS, "handler": _HANDLER, "data": _DATA},
)
post_create_instance = Signal(
    "post_create_instance",
    "Once the new instance is stored.",
    {"instance": _INSTANCE, "handler": _HANDLER},
    isolated=True,
)
pre_update_instance = Signal(
    "pre_update_instance",
    "Before an instance is updated.",
    {"arguments": _ARGUMENTS, "handler": _HANDLER, "data": _DATA, "instance": _INSTANCE, "updated_fields": _DIFF},
)
post_update_instance = Signal(
    "post_update_instance",
    "Once the update is stored.",
    {"instance": _INSTANCE, "updated_fields": _DIFF, "handler": _HANDLER},
    isolated=True,
)
pre_delete_instance = Signal(
    "pre_delete_instance",
    "Before an instance is deleted.",
    {"arguments": _ARGUMENTS, "handler": _HANDLER, "instance": _INSTANCE},
)
post_delete_instance = Signal(
    "post_delete_instance",
    "Once the instance is gone.",
    {"instance": _INSTANCE, "handler": _HANDLER},
    isolated=True,
)

_MEMBERSHIP = {
    "parent": "the instance that has the relation",
    "field": "the relation's name",
    "instance": "the instance that joins or leaves",
    "arguments": _ARGUMENTS,
    "handler": _HANDLER,
}

pre_associate = Signal("pre_associate", "Before an instance joins a relation.", _MEMBERSHIP)
post_associate = Signal("post_associate", "Once it has joined.", _MEMBERSHIP, isolated=True)
pre_dissociate = Signal("pre_dissociate", "Before an instance leaves a relation.", _MEMBERSHIP)
post_dissociate = Signal("post_dissociate", "Once it has left.", _MEMBERSHIP, isolated=True)
