"""The calls of receivers. The signature of a receiver is read once, to find its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

SENDER = ""  # the name of the sender among positional arguments; no keyword has the empty name
ONLY_SENDER = (SENDER,)


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments that one receiver takes.

    Args:
        positional: the names of the positional arguments. ``SENDER`` stands for the sender.
        keywords: the names of the keyword arguments.
        computed: the names of the arguments whose values must be computed first.
    """

    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    computed: tuple[str, ...]

    def __call__(self, receiver: Callable[..., Any], sender: object, offered: Mapping[str, Any]) -> Any:
        """Call ``receiver`` with the arguments that it takes. The result may be awaitable."""
        named = offered if len(self.keywords) == len(offered) else {name: offered[name] for name in self.keywords}
        if self.positional is ONLY_SENDER:
            return receiver(sender, **named)
        return receiver(*[sender if name == SENDER else offered[name] for name in self.positional], **named)

    async def complete(self, offered: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return ``offered`` with the values of this receiver's computed keywords."""
        given = {name: offered[name] for name in self.computed}
        return {**offered, **{name: await value() if callable(value) else value for name, value in given.items()}}


def plan_call(receiver: Callable[..., Any], keywords: Collection[str], computed: Collection[str] = ()) -> Call:
    """Return the arguments that ``receiver`` takes from a signal's keywords.

    The first positional parameter gets the sender, unless a keyword has the parameter's name. Every other parameter
    gets the keyword with the parameter's name. ``**kwargs`` gets all keywords. A receiver without a readable signature
    gets all keywords.

    Args:
        receiver: any callable.
        keywords: the names of the signal's keywords.
        computed: the names of the keywords that are computed only for receivers that take them.

    Raises:
        TypeError: a parameter has no default, and no keyword has the parameter's name. The message is this name.
    """
    try:
        parameters = _signature(receiver).parameters.values()
    except (TypeError, ValueError):  # some builtins have no signature
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
            skipped = True  # positional-only parameters after it also keep their defaults
        elif not is_var:
            raise TypeError(parameter.name)
    if everything:
        named = [name for name in keywords if name not in positional]
    leading = ONLY_SENDER if positional == [SENDER] else tuple(positional)
    return Call(leading, tuple(named), tuple(name for name in computed if name in {*positional, *named}))


def _signature(receiver: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a callable.

    If the callable's own signature is ``(*args, **kwargs)``, return the signature of the function that it wraps.
    """
    signature = inspect.signature(receiver, follow_wrapped=False)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        return inspect.signature(receiver)
    return signature
