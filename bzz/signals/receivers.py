"""How a receiver is called: with what its signature has room for, found out once, when it is connected."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

SENDER = ""  # stands for the sender among what is given by position; no keyword is empty
ONLY_SENDER = (SENDER,)


@dataclass(frozen=True, slots=True)
class Call:
    """What one receiver is called with.

    Args:
        positional: names of what it takes by position, ``SENDER`` for the sender.
        keywords: names of what it takes by keyword.
        computed: those of both that have to be computed first.
    """

    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    computed: tuple[str, ...]

    def __call__(self, receiver: Callable[..., Any], sender: object, offered: Mapping[str, Any]) -> Any:
        """Return what ``receiver`` returns, be it awaitable or not, given its part of what is ``offered``."""
        named = offered if len(self.keywords) == len(offered) else {name: offered[name] for name in self.keywords}
        if self.positional is ONLY_SENDER:
            return receiver(sender, **named)
        return receiver(*[sender if name == SENDER else offered[name] for name in self.positional], **named)

    async def complete(self, offered: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return ``offered`` with what this receiver takes computed, where that is an async function."""
        given = {name: offered[name] for name in self.computed}
        return {**offered, **{name: await value() if callable(value) else value for name, value in given.items()}}


def plan(receiver: Callable[..., Any], keywords: Collection[str], computed: Collection[str] = ()) -> Call:
    """Return how ``receiver`` is called.

    Its first parameter gets the sender, unless it is called like a keyword; every other one gets the keyword it is
    called like, and ``**kwargs`` all of them. A receiver whose signature cannot be read gets everything.

    Args:
        receiver: any callable.
        keywords: names of what is offered.
        computed: those that are computed only for who takes them.

    Raises:
        TypeError: it asks for something else; the message is the parameter's name.
    """
    try:
        parameters = _signature(receiver).parameters.values()
    except (TypeError, ValueError):  # a builtin, say
        return Call(ONLY_SENDER, tuple(keywords), tuple(computed))
    positional: list[str] = []
    named: list[str] = []
    everything = skipped = False
    for index, parameter in enumerate(parameters):
        is_var = parameter.kind is parameter.VAR_POSITIONAL
        by_position = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if parameter.kind is parameter.VAR_KEYWORD:
            everything = True
        elif index == 0 and parameter.name not in keywords and (by_position or is_var):
            positional.append(SENDER)
        elif parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in keywords and not skipped:
            positional.append(parameter.name)
        elif parameter.kind is not parameter.POSITIONAL_ONLY and parameter.name in keywords:
            named.append(parameter.name)
        elif parameter.default is not parameter.empty:
            skipped = True  # what follows by position only keeps its default, too
        elif not is_var:
            raise TypeError(parameter.name)
    if everything:
        named = [name for name in keywords if name not in positional]
    leading = ONLY_SENDER if positional == [SENDER] else tuple(positional)
    return Call(leading, tuple(named), tuple(name for name in computed if name in {*positional, *named}))


def _signature(receiver: Callable[..., Any]) -> inspect.Signature:
    """The outermost callable's own signature; what it wraps counts only if it takes anything itself."""
    signature = inspect.signature(receiver, follow_wrapped=False)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        return inspect.signature(receiver)
    return signature
