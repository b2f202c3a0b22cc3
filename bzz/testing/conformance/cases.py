"""What a case of the suite is: a coroutine on an event loop of its own, skipped by nothing but a declaration."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, fields
from enum import Enum
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar

import pytest
import tornado.web

from bzz.hives.model import ModelHive
from bzz.providers.base import Capabilities, Provider
from bzz.resources import catalogue
from bzz.testing.client import Client, served

SECONDS = 60  # that a case may take
MODELS = ("person", "team", "country", "note")
SCALARS = ("email", "age", "height", "active", "status", "balance", "born", "day", "wake", "token", "photo")
PERSON = (*SCALARS, "notes", "tags", "home")
TEAM = ("owner", "members", "projects")
CAPABILITIES = tuple(one.name for one in fields(Capabilities))
FEATURES = (*MODELS[2:], *PERSON, *TEAM, *CAPABILITIES, "unit", "unreachable")
NOWHERE = "5" * 24  # an id that no instance has
Body = Callable[..., Awaitable[None]]


class Status(Enum):
    """What a person's ``status`` is one of."""

    NEW = "new"
    DONE = "done"


@dataclass(frozen=True)
class Served:
    """A provider on an empty store, with the models served.

    Args:
        provider: the provider.
        api: asks the routes: ``/person``, ``/team``, ``/country``, ``/note``.
        hives: by the same names.
    """

    provider: Provider
    api: Client
    hives: Mapping[str, ModelHive]

    async def person(self, name: str = "Ada", **values: Any) -> str:
        """Return the id of a new person."""
        made: str = (await self.api.create("/person", name=name, **values))["id"]
        return made

    async def team(self, name: str = "Engine", **values: Any) -> str:
        """Return the id of a new team."""
        made: str = (await self.api.create("/team", name=name, **values))["id"]
        return made

    async def names(self, path: str) -> list[str]:
        """Return the names in the list at ``path``."""
        reply = await self.api("GET", path)
        assert reply.status == 200, reply.body
        return [one["name"] for one in reply.json]

    async def walk(self, path: str) -> list[str]:
        """Return the names met when ``Link: next`` is followed from ``path``."""
        met: list[str] = []
        been: set[str] = set()
        while path:
            assert path not in been, "the next page is one that was there before"
            been.add(path)
            reply = await self.api("GET", path)
            assert reply.status == 200, reply.body
            met += [one["name"] for one in reply.json]
            links = reply.headers.get("Link", "").split(", ")
            path = next((link[1:].partition(">")[0] for link in links if link.endswith('rel="next"')), "")
        return met


class Cases(ABC):
    """What all cases share. ``ProviderConformance`` says what a subclass has to have."""

    person: ClassVar[type]
    team: ClassVar[type]
    country: ClassVar[type]
    note: ClassVar[type]
    skips: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[Provider]:
        """Return what yields the provider on an empty store, and lets go of it in the end."""

    def unreachable(self) -> AbstractAsyncContextManager[Provider]:
        """Return what yields a provider whose store cannot be reached, with a time-out of a second or less."""
        raise NotImplementedError

    def __init_subclass__(cls) -> None:  # noqa: D105  # what it checks is said below
        known = {*FEATURES, *(name.removeprefix("test_") for name in dir(cls) if name.startswith("test_"))}
        unknown = sorted(cls.skips.keys() - known)
        if unknown:  # or a case might be left out by nobody's decision
            raise TypeError(f"{cls.__name__}.skips names what there is not: {', '.join(unknown)}")

    def skip_what_is_declared(self, names: tuple[str, ...]) -> None:
        """Skip the case if one of ``names`` is declared, and say why."""
        for name in names:
            if name in self.skips:
                pytest.skip(f"declared: {name}: {self.skips[name]}")

    def lacks(self, provider: Provider, feature: str) -> bool:
        """Tell whether a provider, or one of the models, has no such thing as ``feature``."""
        if feature in CAPABILITIES:
            return not getattr(provider.capabilities, feature)
        if feature in MODELS:
            return not hasattr(self, feature)
        if feature in (*PERSON, *TEAM):
            model = self.person if feature in PERSON else self.team
            return feature not in provider.describe(model).fields
        return False

    async def serve(self, body: Body, features: tuple[str, ...], arguments: dict[str, Any]) -> None:
        """Run the body of a case with the models served."""
        async with asyncio.timeout(SECONDS), self.connect() as provider:
            try:
                for feature in features:
                    if self.lacks(provider, feature):
                        pytest.fail(f"There is no {feature!r}. If that is meant: skips = {{{feature!r}: 'why'}}")
                models = {name: getattr(self, name) for name in MODELS if hasattr(self, name)}
                hives = {name: ModelHive(provider, model) for name, model in models.items()}
                routes = [rule for name, hive in hives.items() for rule in hive.routes(resource_name=name)]
                async with served(tornado.web.Application(routes)) as api:
                    await body(self, Served(provider, api, hives), **arguments)
            finally:
                catalogue.clear()
                await provider.close()


@contextmanager
def hooked(model: Any, **hooks: Callable[..., Any]) -> Iterator[None]:
    """Have a model narrow what may be seen of it, by functions that get its class first, while the block runs."""
    for name, hook in hooks.items():
        setattr(model, name, classmethod(hook))
    try:
        yield
    finally:
        for name in hooks:
            delattr(model, name)


def case(*features: str) -> Callable[[Body], Callable[..., None]]:
    """Have a coroutine method, which gets what is ``Served``, be a test.

    Args:
        features: what it takes, of ``FEATURES``; a parameter called ``feature`` is one, too.
    """

    def decorate(body: Body) -> Callable[..., None]:
        @wraps(body)
        def test(self: Cases, **arguments: Any) -> None:
            wanted = (*features, *(arguments[name] for name in ("feature",) if name in arguments))
            self.skip_what_is_declared((body.__name__.removeprefix("test_"), *wanted))
            asyncio.run(self.serve(body, tuple(name for name in wanted if name in FEATURES), arguments))

        parameters = [p for p in signature(body).parameters.values() if p.name != "served"]
        vars(test).pop("__wrapped__")
        vars(test)["__signature__"] = Signature([p.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for p in parameters])
        return test

    return decorate
