"""Rows of a class that inherits from the class of the path: their own class's hive, hooks and receivers hold."""

from __future__ import annotations

from typing import Any

import pytest

from bzz import signals
from bzz.exceptions import Forbidden
from bzz.testing import capture
from bzz.testing.conformance.serving import hooked
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Admin, Group, Note, Team, User


async def people(world: World) -> None:
    """A user, an admin, a team that the admin leads, and a note of each."""
    await world.store(User, name="Ada", password="p-ada")
    await world.store(Admin, name="Boss", password="p-boss", level="top")
    await world.store(Team, lead=2)
    for owner in (1, 2):
        await world.store(Note, owner=owner, text=f"of {owner}")


async def test_the_hive_of_its_own_class_decides_what_is_done_to_a_row(world: World) -> None:
    world.serve(User)
    world.serve(Admin, methods=["GET"], exclude=["level"])
    world.serve(Group)
    await people(world)
    await world.store(Group)
    assert (await world.api("PUT", "/user/1", json_body={"name": "x"})).status == 200
    for method, path, body in (
        ("PUT", "/user/2", {"name": "x"}),
        ("PATCH", "/user/2", {"name": "x"}),
        ("DELETE", "/user/2", None),
        ("POST", "/user/2/groups", {"groups": ["1"]}),
    ):
        refused = await world.api(method, path, json_body=body)
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS"), path
    assert (await world.read(Admin, 2)).name == "Boss"
    assert (await world.api("GET", "/user/2")).json["name"] == "Boss"


async def test_a_field_that_a_subclass_hides_or_fixes_is_hidden_or_fixed_in_its_rows(world: World) -> None:
    world.serve(User, read_only=["kind"])
    world.serve(Admin, exclude=["password"], read_only=["name"])
    world.serve(Team)
    await people(world)
    shown = (await world.api("GET", "/user")).json
    assert ["password" in row for row in shown] == [True, False]
    for path in ("/user/2", "/team/1/lead"):
        assert "password" not in (await world.api("GET", path)).json, path
    assert "password" not in (await world.api("GET", "/team/1?expand=lead")).json["lead"]
    assert (await world.api("PATCH", "/user/2", json_body={"name": "x"})).status == 400
    assert (await world.api("PATCH", "/user/1", json_body={"name": "x"})).status == 200
    for query in ("password=p-boss", "password__startswith=p", "sort=password", "sort=-password"):
        assert (await world.api("GET", f"/user?{query}")).status == 400, query


@pytest.mark.parametrize("options", [{"authenticated": True}, {"authenticated": {"get": True}}, {"methods": ["POST"]}])
async def test_rows_that_the_caller_may_not_read_are_nowhere(world: World, options: dict[str, Any]) -> None:
    world.serve(User)
    world.serve(Admin, **options)
    world.serve(Team)
    world.serve(Note)
    await people(world)
    listed = await world.api("GET", "/user?count=true")
    assert ([row["name"] for row in listed.json], listed.headers["X-Total-Count"]) == (["Ada"], "1")
    replies = [
        await world.api("GET", "/user/2"),
        await world.api("PUT", "/user/2", json_body={"name": "x"}),
        await world.api("DELETE", "/user/2"),
        await world.api("GET", "/team/1/lead"),
        await world.api("GET", "/note/2/owner"),
        await world.api("GET", "/user/2/notes"),
    ]
    assert [reply.status for reply in replies] == [404] * 6
    assert (await world.api("GET", "/team/1?expand=lead")).json["lead"] is None
    assert (await world.api("PATCH", "/team/1", json_body={"lead": "1"})).status == 200
    assert (await world.api("PATCH", "/team/1", json_body={"lead": "2"})).status == 400
    assert (await world.read(Admin, 2)).name == "Boss"


async def test_only_those_who_may_change_a_row_of_its_own_class_change_it(world: World) -> None:
    world.serve(User)
    world.serve(Admin, authenticated={"update": True, "delete": lambda handler: False})
    await people(world)
    assert (await world.api("GET", "/user/2")).status == 200
    assert (await world.api("PUT", "/user/2", json_body={"name": "x"})).status == 401
    assert (await world.api("DELETE", "/user/2")).status == 401
    assert (await world.read(Admin, 2)).name == "Boss"


async def test_the_hooks_of_its_own_class_hide_a_row(world: World) -> None:
    world.serve(User)
    world.serve(Team)
    await people(world)

    def hide_list(cls: type, statement: Any, handler: Any) -> Any:
        return statement.where(Admin.level != "top")

    def hide_one(cls: type, model: type, statement: Any, identifier: str, handler: Any) -> Any:
        return statement.where(Admin.level != "top")

    with hooked(Admin, get_list_queryset=hide_list, get_instance_queryset=hide_one):
        world.serve(Note)
        assert [row["name"] for row in (await world.api("GET", "/user")).json] == ["Ada"]
        assert (await world.api("GET", "/user/2")).status == 404
        assert (await world.api("DELETE", "/user/2")).status == 404
        assert (await world.api("GET", "/team/1?expand=lead")).json["lead"] is None


async def test_receivers_of_its_own_class_are_asked_and_told(world: World) -> None:
    world.serve(User)
    await world.store(User)
    await world.store(Admin)

    def refuse(sender: Any, signal: Any) -> None:
        raise Forbidden(f"{signal.name} of {sender.__name__}")

    for signal, method, body in (
        (signals.pre_get_instance, "GET", None),
        (signals.post_get_instance, "GET", None),
        (signals.pre_update_instance, "PATCH", {"name": "x"}),
        (signals.pre_delete_instance, "DELETE", None),
    ):
        with signal.connected_to(refuse, Admin), capture(signals.request_failed) as failed:
            refused = await world.api(method, "/user/2", json_body=body)
            assert (refused.status, refused.json["detail"]) == (403, f"{signal.name} of Admin")
        assert [one.sender for one in failed] == ([Admin] if signal.name.startswith("pre_") else [])
    with capture(signals.pre_get_instance, signals.post_get_instance, signals.post_delete_instance) as sent:
        await world.api("GET", "/user/2")
        await world.api("DELETE", "/user/2")
    assert [(one.signal, one.sender) for one in sent] == [
        ("pre_get_instance", User),
        ("post_get_instance", Admin),
        ("post_delete_instance", Admin),
    ]


async def test_the_tag_of_a_leaving_member_is_that_of_its_own_class(world: World) -> None:
    world.serve(User)
    world.serve(Admin, exclude=["balance"])
    world.serve(Group)
    await people(world)
    await world.store(Group, users=[2])
    tag = (await world.api("GET", "/user/2")).headers["ETag"]
    refused = await world.api("DELETE", "/group/1/users/2", headers={"If-Match": '"x"'})
    assert (refused.status, refused.headers["ETag"]) == (412, tag)
    assert (await world.api("DELETE", "/group/1/users/2", headers={"If-Match": tag})).status == 204


async def test_an_identifier_that_its_own_class_hides_neither_finds_a_row_nor_is_shown(world: World) -> None:
    with hooked(User, get_id_field_name=lambda cls: "name"):
        world.serve(User)
        world.serve(Admin, exclude=["name"])
        world.serve(Group)
        await people(world)
        await world.store(Group)
        for method in ("GET", "PUT", "DELETE"):
            assert (await world.api(method, "/user/Ada")).status in (200, 204), method
            assert (await world.api(method, "/user/Boss")).status == 404, method
        joined = await world.api("POST", "/group/1/users", json_body={"users": ["2"]})
        assert (joined.status, joined.headers.get("Location")) == (201, None)


async def test_its_own_class_must_list_the_method_of_the_request(world: World) -> None:
    world.serve(User)
    world.serve(Admin, methods=["GET", "PUT"])
    await people(world)
    assert (await world.api("PUT", "/user/2", json_body={"name": "x"})).status == 200
    for path, status in (("/user/1", 200), ("/user/2", 405)):
        assert (await world.api("PATCH", path, json_body={"name": "y"})).status == status
    assert (await world.read(Admin, 2)).name == "x"
