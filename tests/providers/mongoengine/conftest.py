"""The API with all documents of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import mongoengine
import mongomock
import pytest

import bzz
from tests.providers.mongoengine.models import (
    Capital,
    Careful,
    Defaulted,
    Everything,
    Keyed,
    Nameless,
    Natural,
    Order,
    Owned,
    Person,
    Place,
    Ticket,
)
from tests.support.client import Api

MODELS = (Person, Everything, Natural, Careful, Keyed, Owned, Ticket, Order, Capital, Place, Nameless, Defaulted)


@pytest.fixture
def documents(api: Api, mongodb: None) -> Api:
    """The API with all documents, on the server."""
    return api.mount([bzz.ModelHive.routes_for("mongoengine", model, timeout=60) for model in MODELS])


@pytest.fixture(params=["server", "mongomock"])
def queries(request: pytest.FixtureRequest, api: Api) -> Iterator[Api]:
    """The API with all documents, on the server and on mongomock."""
    if request.param == "server":
        request.getfixturevalue("mongodb")
    else:
        mongoengine.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    yield api.mount([bzz.ModelHive.routes_for("mongoengine", model) for model in MODELS])
    if request.param == "mongomock":
        mongoengine.disconnect()
