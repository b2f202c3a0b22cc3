"""Embedded documents of a subclass: its hive decides over them at their own paths, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mongoengine as me
import pytest

import bzz
from bzz import signals
from tests.support.client import Api

HOME, ROOM = {"city": "Rio"}, {"id": "a", "city": "Rome"}
WRITES = [
    ("POST", "rooms", {"id": "b", "city": "Lima"}),
    ("PUT", "rooms/a", {"city": "Lima"}),
    ("PATCH", "rooms/a", {"city": "Lima"}),
    ("DELETE", "rooms/a", None),
    ("PUT", "home", {"city": "Lima"}),
    ("PATCH", "home", {"city": "Lima"}),
    ("DELETE", "home", None),
    ("POST", "home", {"city": "Lima"}),
]


class HomePlace(me.EmbeddedDocument):
    city = me.StringField()


class Room(me.EmbeddedDocument):
    id = me.StringField()
    city = me.StringField()


class HouseGuest(me.Document):
    id = me.StringField(primary_key=True)
    home = me.EmbeddedDocumentField(HomePlace)
    rooms = me.EmbeddedDocumentListField(Room)
    meta: dict[str, Any] = {"allow_inheritance": True}  # noqa: RUF012


class StarGuest(HouseGuest):
    pass


Serve = Callable[..., Any]


@pytest.fixture
def serve(api: Api, mongodb: None) -> Serve:
    """A function that serves guests, and stars with the given options, and returns the hive of the stars."""

    def mount(**options: Any) -> Any:
        api.mount(
            bzz.ModelHive.routes_for("mongoengine", HouseGuest, resource_name="guest"),
            bzz.ModelHive.routes_for("mongoengine", StarGuest, resource_name="star", **options),
        )
        return bzz.ModelHive("mongoengine", StarGuest)

    return mount


async def test_documents_that_a_subclass_excludes_are_at_no_path(api: Api, serve: Serve) -> None:
    stars = serve(exclude=["home", "rooms"])
    await stars.create({"id": "1", "home": HOME, "rooms": [ROOM]})
    for path in ("home", "rooms", "rooms/a", "rooms?city=Rome"):
        assert (await api("GET", f"/guest/1/{path}")).status == 404, path
    for method, path, body in WRITES:
        assert (await api(method, f"/guest/1/{path}", json_body=body)).status == 404, (method, path)
    kept = await stars.get("1")
    assert (kept.home.city, [room.city for room in kept.rooms]) == ("Rio", ["Rome"])


@pytest.mark.parametrize("is_heard", [False, True])
async def test_documents_that_a_subclass_fixes_are_only_read(api: Api, serve: Serve, *, is_heard: bool) -> None:
    stars = serve(read_only=["home", "rooms"])
    if is_heard:
        signals.pre_update_instance.connect(_hear)
        signals.pre_create_instance.connect(_hear)
        signals.pre_delete_instance.connect(_hear)
    await stars.create({"id": "1", "home": HOME, "rooms": [ROOM]})
    await stars.create({"id": "3"})
    await api("POST", "/guest", json_body={"id": "2"})
    assert (await api("GET", "/guest/1/rooms/a")).json == ROOM
    for method, path, body in WRITES:
        key = "3" if (method, path) == ("POST", "home") else "1"
        assert (await api(method, f"/guest/{key}/{path}", json_body=body)).status == 405, (method, path)
    kept = await stars.get("1")
    assert (kept.home.city, [room.city for room in kept.rooms]) == ("Rio", ["Rome"])
    assert (await stars.get("3")).home is None
    assert (await api("POST", "/guest/2/rooms", json_body=ROOM)).status == 201, "no star"
    assert (await api("PUT", "/guest/2/rooms/a", json_body={"city": "Lima"})).status == 200
    assert (await api("DELETE", "/guest/2/rooms/a")).status == 204


def _hear(sender: Any) -> None:
    """Hear a signal."""


async def test_plain_code_writes_documents_that_a_subclass_fixes(serve: Serve) -> None:
    stars = serve(read_only=["rooms"])
    await stars.create({"id": "1", "rooms": [ROOM]})
    await stars.update("1", "rooms", "a", {"city": "Lima"})
    assert [room.city for room in await stars.list("1", "rooms")] == ["Lima"]
