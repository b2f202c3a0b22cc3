"""Members of classes of each kind, and many of them."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Conflict, Invalid
from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import Query
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.crew import MEMBERS, Duty, Person, Stamp, Task, Team, Teams, Version
from tests.providers.sqlalchemy.units import unit

MANY = 5_000


@pytest.fixture
def teams(database: Database) -> Teams:
    return Teams(database)


@contextmanager
def listening(target: Any, name: str) -> Iterator[list[Any]]:
    """Record the calls to a listener of SQLAlchemy."""
    calls: list[Any] = []

    def listen(*arguments: Any) -> None:
        calls.append(arguments[-1])

    sa.event.listen(target, name, listen)
    yield calls
    sa.event.remove(target, name, listen)


@pytest.mark.parametrize("field", MEMBERS)
async def test_members_of_each_kind_join_and_leave(teams: Teams, field: str) -> None:
    await teams.fill(8)
    assert (await teams.set(1, **{field: [1, 2, 3, 2]})).values[field] == [1, 2, 3]
    assert (await teams.set(2, **{field: [7]})).values[field] == [7]
    assert (await teams.set(1, **{field: [3, 4]})).values[field] == [3, 4]
    with pytest.raises(Invalid) as caught:
        await teams.set(1, **{field: [5, 6, 9, 10]})
    assert caught.value.errors == {field: [f"there is no {MEMBERS[field].__name__} 9, 10"]}
    assert (await teams.set(1, **{field: []})).values[field] == []
    assert await teams.held(field, 2) == [7]


async def test_a_created_instance_has_its_members(teams: Teams) -> None:
    await teams.fill(3)
    async with unit(teams.provider) as state:
        made = await teams.provider.create(teams.provider.describe(Team), {"people": [1, 2], "tasks": [3]}, state=state)
    assert (made.values["people"], made.values["tasks"]) == ([1, 2], [3])


async def test_versions_and_generated_values_of_members_change_with_their_foreign_key(teams: Teams) -> None:
    await teams.fill(3)
    await teams.set(1, versions=[1, 2], stamps=[1, 2])
    await teams.set(1, versions=[2], stamps=[2])
    assert [(await teams.values(Version, key))["revision"] for key in (1, 2, 3)] == [3, 2, 1]
    changes = [(await teams.values(Stamp, key))["change"] for key in (1, 2, 3)]
    assert len({*changes}) == 3
    assert changes[2] == 0


async def test_a_validator_of_the_members_class_may_refuse(teams: Teams) -> None:
    await teams.fill(1)
    with pytest.raises(Invalid) as caught:
        await teams.set(3, checks=[1])
    assert caught.value.errors == {"checks": ["does not go to team 3"]}
    assert await teams.held("checks", 3) == []


async def test_listeners_of_the_members_class_or_of_sessions_hear_of_each_change(teams: Teams) -> None:
    await teams.fill(3)
    with listening(Task, "before_update") as changed:
        await teams.set(1, tasks=[1, 2])
    assert [task.id for task in changed] == [1, 2]
    dirty: set[Any] = set()

    def note(session: Session, *rest: Any) -> None:
        dirty.update(session.dirty)

    sa.event.listen(Session, "before_flush", note)
    await teams.set(1, tasks=[2, 3])
    sa.event.remove(Session, "before_flush", note)
    assert {one.id for one in dirty} == {1, 3}


async def test_members_without_listeners_are_changed_without_being_loaded(teams: Teams) -> None:
    await teams.fill(3)
    with listening(Task, "load") as loaded, listening(Person, "load") as others:
        await teams.set(1, tasks=[1, 2], people=[3])
        await teams.set(1, tasks=[], people=[])
    assert (loaded, others) == ([], [])


async def test_a_member_that_must_have_a_parent_does_not_leave(teams: Teams) -> None:
    await teams.fill(1)
    await teams(teams.create(Duty, team_id=1))
    with pytest.raises(Conflict, match="forbids that a member leaves"):
        await teams.set(1, duties=[])


async def test_a_unit_that_has_members_gets_their_new_values(teams: Teams) -> None:
    await teams.fill(3)
    async with unit(teams.provider) as state:
        session = state.unit

        def load(session: Any) -> list[Any]:
            [task] = session.scalars(sa.select(Task).where(Task.id == 1))
            [version] = session.scalars(sa.select(Version).where(Version.id == 1))
            [person] = session.scalars(sa.select(Person).where(Person.id == 1))
            assert (task.team, person.teams) == (None, [])
            return [task, version, person]

        if teams.database.is_async:
            task, version, person = await session.run_sync(load)
        else:
            task, version, person = await asyncio.to_thread(load, session)
        await teams.alone_in(state, teams.update(Team, 1, tasks=[1], versions=[1], people=[1]))
        assert (task.team_id, version.team_id, version.revision) == (1, 1, 2)
        assert {"team"} <= sa.inspect(task).unloaded
        assert {"teams"} <= sa.inspect(person).unloaded
        schema, query = teams.provider.describe(Version), Query(where=[Condition("id", "in", [1])])
        [found] = (await teams.provider.list(schema, query, state=state, needs_instances=False)).items
        assert (found.values["team_id"], found.values["revision"]) == (1, 2)


@pytest.mark.parametrize("field", ["people", "tasks"])
async def test_a_thousand_members_are_replaced_by_a_few_statements(teams: Teams, field: str) -> None:
    """The time of the event loop's own thread is measured, because other programs may keep the machine busy."""
    await teams.fill(2 * MANY, [field])
    teams.provider = SQLAlchemyProvider(teams.database.factory, timeout=120)
    first, others = [*range(1, MANY + 1)], [*range(MANY + 1, 2 * MANY + 1)]
    await teams.set(1, **{field: first})
    with pauses() as found:
        for keys in (others, []):
            teams.database.statements.clear()
            assert (await teams.set(1, **{field: keys})).values[field] == keys
            assert len(teams.database.statements) < 8 * MANY / 1000
    assert max(found) < 0.25


@contextmanager
def pauses() -> Iterator[list[float]]:
    """Record for how long the event loop computes between two turns of a task."""
    found: list[float] = []

    async def tick() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
            found.append(now - last)
            last = now

    gc.disable()  # it would go through the objects of all tests that ran before
    ticking = asyncio.ensure_future(tick())
    try:
        yield found
    finally:
        ticking.cancel()
        gc.enable()
