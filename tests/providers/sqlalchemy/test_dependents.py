"""Instances that are changed or deleted together with an instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Conflict, NotFound
from bzz.providers.sqlalchemy import dependents
from bzz.providers.writes import Dependent
from tests.providers.sqlalchemy.company import (
    BigProject,
    Company,
    File,
    Label,
    Link,
    Log,
    Membership,
    Person,
    Project,
    Secret,
    Task,
    Team,
)
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.units import Writer, unit


def rows() -> list[Any]:
    return [
        Team(id=1, labels=[Label(id=1)]),
        Team(id=2),
        Project(id=1, team_id=1),
        Project(id=2, team_id=2, backer_id=1),
        BigProject(id=3, team_id=1, backer_id=1, budget=5, text="long"),
        File(id=1),
        File(id=2),
        Link(id=1, file_id=1),
        Link(id=2, file_id=2),
        Task(id=1, team_id=1, file_id=1),
        Task(id=2, above_id=1),
        Task(id=3, above_id=2, team_id=2),
        Task(id=4, team_id=2, file_id=2),
        Person(id=1),
        Membership(id=1, team_id=1, person_id=1),
        Membership(id=2, team_id=2, person_id=1),
        Log(id=1, team_id=1),
        Log(id=2, kept_by=1),
        Log(id=3, eager_id=1),
        Secret(key=b"x", team_id=1),
    ]


async def store(database: Database, *instances: Any) -> None:
    """Create the tables of the company, and insert instances."""
    await database.create(Company)
    await database.run(lambda session: insert(session, instances))


def insert(session: Session, instances: Sequence[Any]) -> None:
    for instance in instances:
        session.add(instance)
        session.flush()
    session.commit()


async def snapshot(database: Database) -> dict[tuple[str, Any], tuple[Any, ...]]:
    """Return the rows of all tables by table and first column."""

    def read(session: Session) -> dict[tuple[str, Any], tuple[Any, ...]]:
        tables = Company.metadata.tables.values()
        return {(table.name, row[0]): tuple(row) for table in tables for row in session.execute(sa.select(table))}

    return await database.run(read)


async def dependents_of(write: Writer, model: type, key: Any, *, is_writing: bool = True) -> Sequence[Dependent]:
    async with unit(write.provider, is_writing=is_writing) as state:
        write.database.statements.clear()
        return await write.provider.dependents(write.address(model, key), heard=lambda model: True, state=state)


def told(found: Sequence[Dependent]) -> set[tuple[str, Any, str]]:
    """Return the classes, keys and changes of dependents."""
    return {(one.schema.model.__name__, one.stored.values["id"], repr(one.change)) for one in found}


@pytest.fixture
def write(database: Database) -> Writer:
    return Writer(database)


@pytest.mark.parametrize("is_writing", [True, False])
async def test_dependents_are_the_instances_that_the_mapping_changes_or_deletes(
    write: Writer, is_writing: bool
) -> None:
    await store(write.database, *rows())
    found = await dependents_of(write, Team, 1, is_writing=is_writing)
    assert told(found) == {
        ("Project", 1, "{'team': None}"),
        ("Project", 2, "{'backer_id': None}"),
        ("BigProject", 3, "{'team': None, 'backer_id': None}"),
        ("Task", 1, "None"),
        ("Task", 2, "None"),
        ("Task", 3, "None"),
        ("File", 1, "None"),
        ("Link", 1, "{'file_id': None}"),
        ("Membership", 1, "None"),
        ("Log", 3, "{'eager_id': None}"),
    }


async def test_the_deletion_does_what_its_dependents_say(write: Writer) -> None:
    await store(write.database, *rows())
    before, found = await snapshot(write.database), await dependents_of(write, Team, 1)
    await write(write.delete(Team, 1))
    after = await snapshot(write.database)
    assert {key for key in before if before[key] != after.get(key)} == {
        ("team", 1),
        ("team_label", 1),
        ("secret", b"x"),
        ("log", 1),
        ("log", 2),
        *((sa.inspect(one.schema.model).base_mapper.local_table.name, one.stored.values["id"]) for one in found),
    }, "a secret cannot be served, and the database itself changes the logs"


async def test_dependents_have_all_their_values_and_can_be_used_after_the_act(write: Writer) -> None:
    await store(write.database, *rows())
    found = {(one.schema.model, one.stored.values["id"]): one.stored for one in await dependents_of(write, Team, 1)}
    big = found[BigProject, 3]
    assert big.values == await write.values(BigProject, 3)
    assert (type(big.instance), big.instance.budget, big.instance.text) == (BigProject, 5, "long")
    assert found[Project, 2].values["backer_id"] == 1, "as it is now"


@pytest.mark.parametrize("number", [1, 50])
async def test_each_relationship_and_level_takes_one_statement(write: Writer, number: int) -> None:
    tasks = [Task(id=key + 1, team_id=1) for key in range(number)]
    below = [Task(id=key + 101, above_id=key + 1) for key in range(number)]
    bigs = [BigProject(id=key + 1, team_id=1, budget=5) for key in range(number)]
    await store(write.database, Team(id=1), *tasks, *below, *bigs)
    assert len(await dependents_of(write, Team, 1)) == 3 * number
    of_team, of_tasks = 1 + 2 + 6, 2  # the team with its two eager relations; six of its relationships
    assert len(write.database.statements) == of_team + 2 * of_tasks


async def test_instances_without_cascades_have_no_dependents_and_take_no_statement(write: Writer) -> None:
    await store(write.database, Person(id=1))
    assert await dependents_of(write, Link, 1) == ()
    assert write.database.statements == []


async def test_dependents_of_an_instance_that_does_not_exist_are_not_found(write: Writer) -> None:
    await store(write.database)
    with pytest.raises(NotFound):
        await dependents_of(write, Team, 1)


async def test_a_circle_of_instances_has_an_end(write: Writer) -> None:
    await store(write.database, Task(id=1), Task(id=2, above_id=1))
    await write(write.update(Task, 1, above=2))
    assert told(await dependents_of(write, Task, 1)) == {("Task", 2, "None")}


@pytest.mark.parametrize(("name", "limit"), [("MAX_LEVELS", 3), ("MAX_DEPENDENTS", 3)])
async def test_too_many_dependents_are_refused(
    write: Writer, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    await store(write.database, *(Task(id=key, above_id=key - 1 or None) for key in range(1, 6)))
    assert len(await dependents_of(write, Task, 1)) == 4
    monkeypatch.setattr(dependents, name, limit)
    assert len(await dependents_of(write, Task, 4)) == 1
    with pytest.raises(Conflict, match="depend on this one"):
        await dependents_of(write, Task, 1)


async def test_only_what_leads_to_a_heard_class_is_loaded(write: Writer) -> None:
    await store(write.database, *rows())
    for heard, classes in ((Link, {Task, File, Link}), (Membership, {Membership}), (Label, set())):
        async with unit(write.provider, is_writing=True) as state:
            address = write.address(Team, 1)
            found = await write.provider.dependents(address, heard={heard}.__contains__, state=state)
        assert {one.schema.model for one in found} == classes
