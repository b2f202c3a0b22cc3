from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import tornado.ioloop

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import declared
from tests.lifecycle.relations.models import Base
from tests.providers.sqlalchemy.conftest import Database, database
from tests.support.client import Api

__all__ = ["database"]
ACTS = ("create_instance", "update_instance", "delete_instance", "associate", "dissociate")


class World:
    """An API over a database, whose hives a test chooses.

    Args:
        api: the API.
        provider: the provider of the database.
    """

    def __init__(self, api: Api, provider: SQLAlchemyProvider) -> None:
        self.api, self.provider = api, provider

    def serve(self, model: type, name: str = "", **options: Any) -> None:
        """Serve a class."""
        self.api.mount(bzz.ModelHive.routes_for(self.provider, model, resource_name=name or None, **options))

    async def store(self, model: type, **values: Any) -> Any:
        """Store an instance without a request."""
        return await bzz.ModelHive(self.provider, model).create(values)

    async def read(self, model: type, key: int) -> Any:
        """Return an instance without a request."""
        return await bzz.ModelHive(self.provider, model).get(key)


@pytest.fixture
def world(api: Api, database: Database, io_loop: tornado.ioloop.IOLoop) -> World:
    io_loop.run_sync(lambda: database.create(Base))
    return World(api, SQLAlchemyProvider(database.factory))


@pytest.fixture
def told() -> Iterator[list[tuple[Any, ...]]]:
    """The signals of writes, in order: name, sender, and which instances the signal is about."""
    record: list[tuple[Any, ...]] = []
    signals = declared()

    def listen(name: str) -> Any:
        def receive(sender: type, instance: Any = None, parent: Any = None, field: Any = None, **_: Any) -> None:
            about = tuple(one.id for one in (parent, instance) if one is not None)
            record.append((name, sender.__name__, *about, *([field] if field else [])))

        return receive

    receivers = {f"{when}_{act}": listen(f"{when}_{act}") for act in ACTS for when in ("pre", "post")}
    receivers["request_failed"] = listen("request_failed")
    for name, receiver in receivers.items():
        signals[name].connect(receiver)
    yield record
    for name, receiver in receivers.items():
        signals[name].disconnect(receiver)
