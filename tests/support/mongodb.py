"""A server that speaks MongoDB's protocol, and MongoEngine connected to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import mongoengine
import pytest

from bzz.schema.inheritance import subclasses
from example_app.store import EmbeddedStore
from tests.support.commands import Commands


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that speaks MongoDB's protocol: ``BZZ_TEST_MONGODB_URI``, else the embedded one."""
    given = os.environ.get("BZZ_TEST_MONGODB_URI")
    if given:
        yield given
    else:
        with EmbeddedStore(tmp_path_factory.mktemp("store")) as store:
            yield store.uri


def disconnect() -> None:
    """Disconnect MongoEngine and all documents. It knows only the last class of each name, and pages repeat names."""
    mongoengine.disconnect()
    models: Iterator[Any] = subclasses(mongoengine.Document)
    for model in models:
        model._disconnect()


@pytest.fixture
def mongodb(mongodb_uri: str) -> Iterator[None]:
    """MongoEngine connected to an empty database of the server."""
    client = mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard")
    client.drop_database("bzz_test")
    yield
    disconnect()


@pytest.fixture
def commands(mongodb_uri: str, mongodb: None) -> Commands:
    """What MongoEngine asks of the server, from now on."""
    disconnect()
    listener = Commands()
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard", event_listeners=[listener])
    return listener


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Disconnect MongoEngine after a test. The next test connects by itself."""
    yield
    disconnect()
