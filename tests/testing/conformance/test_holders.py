"""Cases of relations that other rows store fail for a provider that forgets these rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.writes import Create, Delete
from bzz.testing.conformance.holders import MOVES
from tests.providers.sqlalchemy.suite import Track, suite_of


class OneByOne(SQLAlchemyProvider):
    """Performs each write in a transaction of its own."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        return [await self._write(write, state) for write in writes]

    async def _write(self, write: Any, state: Any) -> Any:
        if isinstance(write, Create):
            return await self.create(write.schema, write.data, state=state)
        if isinstance(write, Delete):
            return await self.delete(write.address, check=write.check, loaded=None, state=state)
        return await self.update(write.address, write.change, exact=False, loaded=None, state=state)


class Unordered(SQLAlchemyProvider):
    """Returns the results in another order."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        return [*reversed(await super().write_all(writes, state=state))]


class Stale(SQLAlchemyProvider):
    """Returns the instances as they were before a write."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        return [
            one if one.previous is None else replace(one, instance=before(one.previous))
            for one in await super().write_all(writes, state=state)
        ]

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        one = await super().update(address, change, exact=exact, loaded=loaded, state=state)
        return replace(one, instance=before(one.previous))


class Unhooked(SQLAlchemyProvider):
    """Forgets the hooks when it performs several writes."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        schemas = (replace(one.address.schema, model=type("Hookless", (), {})) for one in writes)
        bare = [
            replace(one, address=replace(one.address, schema=schema))
            for one, schema in zip(writes, schemas, strict=True)
        ]
        for one in bare:
            self._mapped_classes[one.address.schema.model] = self.mapped_class(writes[0].address.schema.model)
        return await super().write_all(bare, state=state)


class Silent(SQLAlchemyProvider):
    """Does not say what it deletes with an instance."""

    async def dependents(self, address: Any, *, heard: Any, state: Any) -> Any:
        return ()


class Changeless(SQLAlchemyProvider):
    """Says of each dependent that it is deleted."""

    async def dependents(self, address: Any, *, heard: Any, state: Any) -> Any:
        return [replace(one, change=None) for one in await super().dependents(address, heard=heard, state=state)]


class Described(SQLAlchemyProvider):
    """Describes fields without one of their attributes."""

    lost = ""

    def describe(self, model: Any) -> Any:
        schema = super().describe(model)
        lost: Any = {self.lost: None}
        return replace(schema, fields={name: replace(known, **lost) for name, known in schema.fields.items()})


class Holderless(Described):
    """Does not say which rows store a relation."""

    lost = "holder"


class Mirrorless(Described):
    """Does not say which fields show one relation."""

    lost = "mirror"


def before(values: Any) -> Track:
    return Track(id=values["id"], name=values["name"], album_id=values["album"])


TOGETHER = "several_writes_are_all_stored_or_none_is"
DELETED = "instances_that_are_deleted_with_their_parent_are_told"
CHANGED = "instances_that_are_changed_with_their_deleted_parent_are_told"
RESULTS = "several_writes_return_the_instances_as_they_are_stored"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (OneByOne, TOGETHER),
        (Unordered, RESULTS),
        (Stale, RESULTS),
        (Stale, "a_member_that_leaves_is_updated"),
        (Holderless, "a_member_that_leaves_is_updated"),
        (Holderless, "the_row_that_stores_a_relation_decides_over_it"),
        (Holderless, "members_that_one_of_them_refuses_all_stay"),
        (Silent, DELETED),
        (Silent, CHANGED),
        (Changeless, CHANGED),
    ],
)
def test_a_provider_that_forgets_the_rows_of_members_fails_their_cases(kind: Any, name: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_of(kind, tmp_path), f"test_{name}")()


def test_a_provider_that_writes_hidden_instances_fails_the_case(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        suite_of(Unhooked, tmp_path).test_several_writes_do_not_find_a_hidden_instance()


@pytest.mark.parametrize(
    ("kind", "way"), [*((kind, way) for kind in (Stale, Mirrorless) for way in MOVES), (Holderless, MOVES[-1])]
)
def test_a_provider_that_tells_a_move_from_one_side_only_fails_the_case(kind: Any, way: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        suite_of(kind, tmp_path).test_a_move_is_told_alike_from_both_sides(way=way)
