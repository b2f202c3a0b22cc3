"""Properties that the option ``computed`` names, with the providers that keep no relations elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import mongoengine as me
import mongomock
import pytest

import bzz
from bzz.signals import post_get_instance, post_get_list, post_update_instance, pre_update_instance
from bzz.testing import capture
from tests.support.client import Api


@dataclass
class Person:
    first: str
    last: str
    friend: Person | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def initial(self) -> str:
        return self.first[0]


class ComputedPerson(me.Document):
    first = me.StringField(required=True)
    last = me.StringField()

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def initial(self) -> str:
        return str(self.first[0])


@pytest.fixture(params=["memory", "mongoengine"])
def path(request: pytest.FixtureRequest, api: Api) -> Iterator[str]:
    provider: str = request.param
    model: Any = Person if provider == "memory" else ComputedPerson
    if provider == "mongoengine":
        me.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    api.mount(bzz.ModelHive.routes_for(provider, model, resource_name="person", computed=["full", "initial"]))
    yield "/person"
    me.disconnect()


async def test_all_replies_show_the_properties_that_a_hive_names(api: Api, path: str) -> None:
    made = await api.create(path, first="Ada", last="King")
    assert (made["full"], made["initial"]) == ("Ada King", "A")
    one = f"{path}/{made['id']}"
    assert (await api("GET", one)).json == made
    assert (await api("GET", path)).json == [made]
    assert (await api("GET", f"{path}?fields=full")).json == [{"full": "Ada King"}]
    with capture(post_get_instance, post_get_list):
        assert (await api("GET", one)).json == made
        assert (await api("GET", path)).json == [made]
    assert (await api("PATCH", one, json_body={"first": ""})).json["initial"] is None
    assert (await api("PATCH", one, json_body={"first": "Bob"})).json["full"] == "Bob King"


async def test_a_put_may_repeat_a_property_and_cannot_change_it(api: Api, path: str) -> None:
    made = await api.create(path, first="Ada", last="King")
    one = f"{path}/{made['id']}"
    changed = await api("PUT", one, json_body={**made, "last": "Lovelace"})
    assert (changed.status, changed.json["full"]) == (200, "Ada Lovelace")
    with capture(pre_update_instance, post_update_instance) as sent:
        assert (await api("PUT", one, json_body={**changed.json, "last": "King"})).json == made
    assert [call.keywords["updated_fields"].keys() for call in sent] == [{"last"}, {"last"}]
    refused = await api("PATCH", one, json_body={"full": "Bob Ross"})
    assert (refused.status, refused.json["errors"]) == (400, {"full": ["is read-only"]})
    tag = {"If-Match": (await api("GET", one)).headers["ETag"]}
    assert (await api("PATCH", one, json_body={"last": "x"}, headers=tag)).json["full"] == "Ada x"
    assert (await api("DELETE", one, headers=tag)).status == 412
    assert (await api("POST", path, json_body={"first": "x", "last": "y", "full": "x y"})).status == 400
