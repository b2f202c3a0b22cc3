"""The base class of the suite's cases.

Each case is a coroutine on an event loop of its own. It names the features that it needs. It is skipped only if the
suite's ``skips`` or the provider's ``capabilities`` say that one of them is missing.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, fields
from enum import Enum
from functools import wraps
from inspect import Signature, signature
from typing import Any, ClassVar, NoReturn

import pytest

from bzz.providers.base import Provider
from bzz.providers.capabilities import Capabilities
from bzz.testing.conformance.serving import serve_models

SECONDS = 60  # a case that takes longer fails
MODELS = ("person", "team", "country", "note", "pet", "cat", "album", "review", "track")
GROUPS = {
    "pet": ("pet", "cat"),
    "album": ("album", "review"),
    "track": ("album", "track"),
}  # models that make one feature together
SCALARS = ("email", "age", "height", "active", "status", "balance", "born", "day", "wake", "token", "photo")
PERSON = (*SCALARS, "notes", "tags", "home")
TEAM = ("owner", "members", "projects", "topic", "topics")
CAPABILITIES = tuple(
    one.name for one in fields(Capabilities) if one.name not in ("keys", "token")
)  # no case needs these
FEATURES = (
    "country",
    "note",
    *GROUPS,
    *PERSON,
    *TEAM,
    *CAPABILITIES,
    "broken",
    "unit",
    "threads",
    "unreachable",
)
UNKNOWN_ID = "5" * 24  # an id that no instance has
Body = Callable[..., Awaitable[None]]
Needs = Sequence[str]  # names in FEATURES
Parameter = Mapping[Any, Needs] | Sequence[Any]  # the values of a case's parameter, and the features that each needs


class Status(Enum):
    """The values of a person's ``status``."""

    NEW = "new"
    DONE = "done"


class Cases(ABC):
    """The base class of all cases.

    ``ProviderConformance`` documents the attributes.
    """

    person: ClassVar[type]
    team: ClassVar[type]
    country: ClassVar[type]
    note: ClassVar[type]
    pet: ClassVar[type]
    cat: ClassVar[type]
    album: ClassVar[type]
    review: ClassVar[type]
    track: ClassVar[type]
    skips: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[Provider]:
        """Return a context manager that yields the provider on an empty store.

        When the block ends, the context manager disconnects.
        """

    def unreachable(self) -> AbstractAsyncContextManager[Provider]:
        """Return a context manager that yields a provider with an unreachable store.

        The provider's ``timeout`` must be at most one second.
        """
        raise NotImplementedError

    def __init_subclass__(cls) -> None:
        """Raise TypeError if ``skips`` names an unknown feature or case."""
        known = {*FEATURES, *(name.removeprefix("test_") for name in dir(cls) if name.startswith("test_"))}
        unknown = sorted(cls.skips.keys() - known)
        if unknown:
            raise TypeError(f"{cls.__name__}.skips has names of no feature and no case: {', '.join(unknown)}")

    def lacks(self, provider: Provider, feature: str) -> bool:
        """Return whether the provider or the models lack ``feature``.

        A feature is a capability, a model or a field.
        """
        if feature in CAPABILITIES:
            return not getattr(provider.capabilities, feature)
        if feature in MODELS:
            return not all(hasattr(self, name) for name in GROUPS.get(feature, (feature,)))
        if feature in (*PERSON, *TEAM):
            model = self.person if feature in PERSON else self.team
            return feature not in provider.describe(model).fields
        return False

    async def serve(self, running: Running) -> None:
        """Serve the models and run a case.

        If the provider's ``capabilities`` lack a feature, the case is skipped. If it lacks another feature and has not
        declared so, the case fails.
        """
        async with asyncio.timeout(SECONDS), self.connect() as provider:
            try:
                for feature in running.needs:
                    if self.lacks(provider, feature):
                        running.stop(feature)
                models = {name: getattr(self, name) for name in MODELS if hasattr(self, name)}
                async with serve_models(provider, models, {}) as served_models:
                    await running.body(self, served_models, **running.arguments)
            finally:
                await provider.close()


@dataclass(frozen=True)
class Running:
    """A case that runs with one value of each of its parameters.

    Args:
        body: the method.
        arguments: the values of the method's parameters.
        needs: the features that it needs with these values.
    """

    body: Body
    arguments: Mapping[str, Any]
    needs: Needs

    def skip(self, reason: str) -> NoReturn:
        """Skip the case. The report has its name and the reason."""
        values = "-".join(str(value) for value in self.arguments.values())
        pytest.skip(f"{self.body.__name__}{values and f'[{values}]'}: {reason}")

    def skip_declared(self, skips: Mapping[str, str]) -> None:
        """Skip the case if ``skips`` has its name or that of a feature that it needs."""
        for name in (self.body.__name__.removeprefix("test_"), *self.needs):
            if name in skips:
                self.skip(f"declared: {name}: {skips[name]}")

    def stop(self, missing: str) -> NoReturn:
        """Skip the case if ``missing`` is a capability. Else it fails."""
        if missing in CAPABILITIES:
            self.skip(f"the capabilities of the provider have no {missing!r}")
        pytest.fail(f"There is no {missing!r}. Declare it if that is meant: skips = {{{missing!r}: 'why'}}")


def each(features: Iterable[str]) -> dict[str, Needs]:
    """Return the values of a parameter: features that each need themselves."""
    return {feature: (feature,) for feature in features}


def case(*needs: str, **parameters: Parameter) -> Callable[[Body], Callable[..., None]]:
    """Decorate a coroutine method so that pytest runs it as a test.

    The method has a parameter ``served``. Its other parameters are those of ``parameters``. The test runs once for each
    combination of their values.

    Args:
        needs: the names in ``FEATURES`` that the case always needs.
        parameters: the values of each parameter: a sequence, or a dict from value to the features that the case needs
            with this value.

    Raises:
        ValueError: a feature is unknown.
    """
    needing = {name: values for name, values in parameters.items() if isinstance(values, Mapping)}
    unknown = {*needs, *(need for values in needing.values() for one in values.values() for need in one)}.difference(
        FEATURES
    )
    if unknown:
        raise ValueError(f"there are no features {', '.join(sorted(unknown))}; use names in FEATURES")

    def decorate(body: Body) -> Callable[..., None]:
        @wraps(body)
        def test(self: Cases, **arguments: Any) -> None:
            more = (need for name, values in needing.items() for need in values[arguments[name]])
            running = Running(body, arguments, (*needs, *more))
            running.skip_declared(self.skips)
            asyncio.run(self.serve(running))

        own = [one for one in signature(body).parameters.values() if one.name != "served"]
        vars(test).pop("__wrapped__")
        vars(test)["__signature__"] = Signature(own)
        for name, values in parameters.items():
            pytest.mark.parametrize(name, [*values])(test)
        return test

    return decorate
