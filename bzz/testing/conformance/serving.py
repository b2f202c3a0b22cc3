"""Models of a suite, served with a provider on an empty store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import tornado.web

from bzz.hives.model import ModelHive
from bzz.providers.base import Provider
from bzz.testing.client import Client, served


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


def hooked(model: Any, **hooks: Callable[..., Any]) -> AbstractContextManager[None]:
    """Give a model hooks while the block runs.

    ``hooks`` is a dict from the name of a hook to a function. The function gets the model's class as its first
    argument.
    """
    return replaced(model, **{name: classmethod(hook) for name, hook in hooks.items()})


@contextmanager
def replaced(model: Any, **attributes: Any) -> Iterator[None]:
    """Give a model other attributes while the block runs."""
    own = {name: vars(model)[name] for name in attributes if name in vars(model)}
    for name, value in attributes.items():
        setattr(model, name, value)
    try:
        yield
    finally:
        for name in attributes:
            delattr(model, name)
        for name, value in own.items():
            setattr(model, name, value)
