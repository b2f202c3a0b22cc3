"""Each change by bzz leaves the tables as the same change by SQLAlchemy's session does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.providers.sqlalchemy.compared import instances, relations
from tests.providers.sqlalchemy.compared.conftest import DATABASES, Served
from tests.providers.sqlalchemy.compared.oracle import World
from tests.providers.sqlalchemy.compared.writes import Change, Changes

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", DATABASES, indirect=True)]


async def compare(served: Served, changes: Callable[[Served, World], Iterator[Change]]) -> list[str]:
    """Make all changes and return the differences."""
    comparison, world = Changes(served), await served.world()
    for change in changes(served, world):
        await comparison.compare(change)
    return comparison.differences


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_an_instance_is_deleted_with_the_same_others(served: Served) -> None:
    assert await compare(served, instances.deletions) == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_an_instance_is_created_with_the_same_values(served: Served) -> None:
    assert await compare(served, instances.creations) == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_each_field_takes_the_same_values(served: Served) -> None:
    assert await compare(served, instances.updates) == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_members_join_and_leave_lists_alike(served: Served) -> None:
    assert await compare(served, relations.to_many) == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_members_join_and_leave_relations_to_one_alike(served: Served) -> None:
    assert await compare(served, relations.to_one) == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_a_relation_is_not_changed_if_its_rows_have_no_hive(served: Served) -> None:
    assert await compare(served, relations.unstored) == []
