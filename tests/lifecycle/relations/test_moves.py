"""Moves: members that join and leave from both sides of a relation, and who is told."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.signals import Signal, post_associate, post_update_instance, pre_provider_call, pre_update_instance
from bzz.testing import capture
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Group, Note, Project, Team, User
from tests.providers.sqlalchemy.conftest import Database


async def groups_of(world: World, user: int) -> list[str]:
    found: list[str] = (await world.api("GET", f"/user/{user}?fields=groups")).json["groups"]
    return found


async def test_read_only_on_one_side_closes_both(world: World) -> None:
    world.serve(User)
    world.serve(Group, methods=["GET"], read_only=["users"])
    await world.store(User)
    await world.store(Group)
    replies = [
        await world.api("PATCH", "/user/1", json_body={"groups": ["1"]}),
        await world.api("POST", "/user/1/groups", json_body={"groups": ["1"]}),
        await world.api("POST", "/user", json_body={"groups": ["1"]}),
    ]
    assert [reply.status for reply in replies] == [400, 405, 400]
    assert await groups_of(world, 1) == []


@pytest.mark.parametrize("options", [{"methods": ["GET"]}, {"exclude": ["users"]}, {"authenticated": {"update": True}}])
async def test_other_options_of_one_side_close_its_own_ways_only(world: World, options: dict[str, Any]) -> None:
    world.serve(User)
    world.serve(Group, **options)
    await world.store(User)
    await world.store(Group)
    await world.store(Group)
    assert (await world.api("PATCH", "/user/1", json_body={"groups": ["1"]})).status == 200
    assert (await world.api("POST", "/user/1/groups", json_body={"groups": ["2"]})).status == 201
    assert await groups_of(world, 1) == ["1", "2"]
    closed = await world.api("POST", "/group/1/users", json_body={"users": ["1"]})
    assert closed.status in (401, 404, 405)


async def test_each_mapped_side_is_told_and_a_body_tells_the_update_too(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(User)
    world.serve(Group)
    await world.store(User)
    await world.store(Group)
    await world.store(Group)
    told.clear()
    joined = [("associate", "User", 1, 1, "groups"), ("associate", "Group", 1, 1, "users")]
    await world.api("POST", "/user/1/groups", json_body={"groups": ["1"]})
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in joined]
    told.clear()
    await world.api("PATCH", "/user/1", json_body={"groups": ["2"]})
    moved = [
        ("update_instance", "User", 1),
        ("dissociate", "User", 1, 1, "groups"),
        ("dissociate", "Group", 1, 1, "users"),
        ("associate", "User", 1, 2, "groups"),
        ("associate", "Group", 2, 1, "users"),
    ]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in moved]
    told.clear()
    await world.api("DELETE", "/user/1/groups/2")
    left = [("dissociate", "User", 1, 2, "groups"), ("dissociate", "Group", 2, 1, "users")]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in left]


async def test_a_relation_that_a_body_repeats_is_no_change(world: World) -> None:
    world.serve(User)
    world.serve(Group)
    await world.store(Group)
    await world.store(User, groups=[1])
    with capture(post_update_instance) as sent:
        assert (await world.api("PATCH", "/user/1", json_body={"name": "x", "groups": ["1"]})).status == 200
    assert sent[0].keywords["updated_fields"] == {"name": {"from": "", "to": "x"}}


class Graph(DeclarativeBase):
    pass


link = sa.Table(
    "reach_link",
    Graph.metadata,
    sa.Column("source", sa.ForeignKey("reach_node.id"), primary_key=True),
    sa.Column("target", sa.ForeignKey("reach_node.id"), primary_key=True),
)


class Node(Graph):
    __tablename__ = "reach_node"
    id: Mapped[int] = mapped_column(primary_key=True)
    targets: Mapped[list[Node]] = relationship(
        secondary=link,
        primaryjoin=lambda: Node.id == link.c.source,
        secondaryjoin=lambda: Node.id == link.c.target,
        back_populates="sources",
    )
    sources: Mapped[list[Node]] = relationship(
        secondary=link,
        primaryjoin=lambda: Node.id == link.c.target,
        secondaryjoin=lambda: Node.id == link.c.source,
        back_populates="targets",
    )


async def test_a_body_does_not_move_an_instance_into_itself_from_both_sides(
    world: World, database: Database, told: list[tuple[Any, ...]]
) -> None:
    await database.create(Graph)
    world.serve(Node)
    await world.store(Node)
    await world.store(Node)
    told.clear()
    refused = await world.api("PATCH", "/node/1", json_body={"targets": ["1"], "sources": ["1"]})
    assert (refused.status, sorted(refused.json["errors"])) == (400, ["sources", "targets"])
    assert (await world.api("PUT", "/node/1", form="targets[]=1&sources[]=1")).status == 400
    assert told == []
    moved = await world.api("PATCH", "/node/1?fields=targets,sources", json_body={"targets": ["2"], "sources": ["2"]})
    assert moved.json == {"targets": ["2"], "sources": ["2"]}


async def test_members_join_at_once_unless_a_receiver_of_their_class_or_of_the_parents_listens(world: World) -> None:
    world.serve(User)
    world.serve(Note)
    await world.store(User)
    await world.store(Note)
    calls: list[str] = []

    def listen(sender: str, operation_name: str) -> None:
        calls.append(operation_name)

    def receive(sender: type) -> None:
        pass

    async def call(signal: Signal, model: type) -> str:
        await world.api("DELETE", "/user/1/notes/1")
        calls.clear()
        with pre_provider_call.connected_to(listen), signal.connected_to(receive, model):
            assert (await world.api("POST", "/user/1/notes", json_body={"notes": ["1"]})).status == 201
        [written] = {"update", "write_all"}.intersection(calls)
        return written

    assert await call(pre_update_instance, Project) == await call(post_associate, Team) == "update"
    assert await call(pre_update_instance, Note) == await call(post_associate, User) == "write_all"


async def test_more_members_than_a_page_lists_are_told_when_they_join(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(User)
    world.serve(Note, max_per_page=1)
    await world.store(User)
    for _ in range(2):
        await world.store(Note)
    told.clear()
    joined = await world.api("POST", "/user/1/notes", json_body={"notes": ["1", "2"]})
    assert (joined.status, joined.body) == (204, b"")
    assert [one for one in told if one[0] == "post_update_instance"] == [
        ("post_update_instance", "Note", 1),
        ("post_update_instance", "Note", 2),
    ]
