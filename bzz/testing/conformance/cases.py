"""The base class of the suite's cases.

Each case is a coroutine on an event loop of its own. A case is skipped only if the suite's ``skips`` says so.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, fields
from enum import Enum
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar

import pytest
import tornado.web

from bzz.hives.model import ModelHive
from bzz.providers.base import Provider
from bzz.providers.capabilities import Capabilities
from bzz.testing.client import Client, served

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
CAPABILITIES = tuple(one.name for one in fields(Capabilities))
FEATURES = ("country", "note", *GROUPS, *PERSON, *TEAM, *CAPABILITIES, "unit", "unreachable")
UNKNOWN_ID = "5" * 24  # an id that no instance has
Body = Callable[..., Awaitable[None]]


class Status(Enum):
    """The values of a person's ``status``."""

    NEW = "new"
    DONE = "done"


@dataclass(frozen=True)
class Served:
    """A provider on an empty store, and a client.

    The client sends requests to the routes of the models.

    Args:
        provider: the provider.
        api: the client. The path of each model is its name in ``MODELS``: ``/person``.
        hives: a dict from the name of a model to its hive.
    """

    provider: Provider
    api: Client
    hives: Mapping[str, ModelHive]

    @asynccontextmanager
    async def again(self, **options: Mapping[str, Any]) -> AsyncIterator[Served]:
        """Serve the same store a second time while the block runs.

        Args:
            options: the options of the hives, by the name of the model.
        """
        models = {name: hive.model for name, hive in self.hives.items()}
        async with serve_models(self.provider, models, options) as other:
            yield other

    async def person(self, name: str = "Ada", **values: Any) -> str:
        """Create a person and return its id."""
        created: str = (await self.api.create("/person", name=name, **values))["id"]
        return created

    async def team(self, name: str = "Engine", **values: Any) -> str:
        """Create a team and return its id."""
        created: str = (await self.api.create("/team", name=name, **values))["id"]
        return created

    async def names(self, path: str) -> list[str]:
        """Return the names on the page of a list at ``path``."""
        reply = await self.api("GET", path)
        assert reply.status == 200, reply.body
        return [one["name"] for one in reply.json]

    async def walk(self, path: str) -> list[str]:
        """Return the names on all pages of a list.

        Begin at ``path`` and follow ``Link: next``.
        """
        names: list[str] = []
        visited: set[str] = set()
        while path:
            assert path not in visited, "the next page is one that was shown before"
            visited.add(path)
            reply = await self.api("GET", path)
            assert reply.status == 200, reply.body
            names += [one["name"] for one in reply.json]
            links = reply.headers.get("Link", "").split(", ")
            path = next((link[1:].partition(">")[0] for link in links if link.endswith('rel="next"')), "")
        return names


@asynccontextmanager
async def serve_models(
    provider: Provider, models: Mapping[str, type], options: Mapping[str, Mapping[str, Any]]
) -> AsyncIterator[Served]:
    """Serve models while the block runs.

    Args:
        provider: the provider.
        models: a dict from name to model.
        options: the options of the hives, by the name of the model.
    """
    hives = {name: ModelHive(provider, model, **dict(options.get(name, {}))) for name, model in models.items()}
    routes = [rule for name, hive in hives.items() for rule in hive.routes(resource_name=name)]
    async with served(tornado.web.Application(routes)) as api:
        yield Served(provider, api, hives)


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

    def skip_declared(self, names: tuple[str, ...]) -> None:
        """Skip the running case if one of ``names`` is in ``skips``."""
        for name in names:
            if name in self.skips:
                pytest.skip(f"declared: {name}: {self.skips[name]}")

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

    async def serve(self, body: Body, features: tuple[str, ...], arguments: dict[str, Any]) -> None:
        """Serve the models and run the body of a case.

        If the provider lacks a feature and has not declared so, the case fails.
        """
        async with asyncio.timeout(SECONDS), self.connect() as provider:
            try:
                for feature in features:
                    if self.lacks(provider, feature):
                        pytest.fail(
                            f"There is no {feature!r}. Declare it if that is meant: skips = {{{feature!r}: 'why'}}"
                        )
                models = {name: getattr(self, name) for name in MODELS if hasattr(self, name)}
                async with serve_models(provider, models, {}) as served_models:
                    await body(self, served_models, **arguments)
            finally:
                await provider.close()


@contextmanager
def hooked(model: Any, **hooks: Callable[..., Any]) -> Iterator[None]:
    """Give a model hooks while the block runs.

    ``hooks`` is a dict from the name of a hook to a function. The function gets the model's class as its first
    argument.
    """
    own = {name: vars(model)[name] for name in hooks if name in vars(model)}
    for name, hook in hooks.items():
        setattr(model, name, classmethod(hook))
    try:
        yield
    finally:
        for name in hooks:
            delattr(model, name)
        for name, hook in own.items():
            setattr(model, name, hook)


def case(*features: str) -> Callable[[Body], Callable[..., None]]:
    """Decorate a coroutine method so that pytest runs it as a test.

    The method has a parameter ``served``.

    Args:
        features: the names in ``FEATURES`` that the case needs. If the case has a parameter ``feature``, it also needs
            the feature that is the value of this parameter.
    """

    def decorate(body: Body) -> Callable[..., None]:
        @wraps(body)
        def test(self: Cases, **arguments: Any) -> None:
            wanted = (*features, *(arguments[name] for name in ("feature",) if name in arguments))
            self.skip_declared((body.__name__.removeprefix("test_"), *wanted))
            asyncio.run(self.serve(body, tuple(name for name in wanted if name in FEATURES), arguments))

        parameters = [p for p in signature(body).parameters.values() if p.name != "served"]
        vars(test).pop("__wrapped__")
        vars(test)["__signature__"] = Signature([p.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for p in parameters])
        return test

    return decorate
