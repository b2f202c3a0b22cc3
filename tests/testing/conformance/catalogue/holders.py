"""Relations that other rows store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.writes import Create, Delete, Update
from bzz.testing.conformance.holders import MOVES
from tests.providers.sqlalchemy.suite import Track
from tests.support.broken import breaks


def before(values: Any) -> Track:
    return Track(id=values["id"], name=values["name"], album_id=values["album"])


@breaks("Several writes are all stored or none is.", "several_writes_are_all_stored_or_none_is")
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


@breaks(
    "The results of several writes have the order of the writes.",
    "several_writes_return_the_instances_as_they_are_stored",
)
class Unordered(SQLAlchemyProvider):
    """Returns the results in another order."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        return [*reversed(await super().write_all(writes, state=state))]


@breaks(
    "Several writes return the instances as they are stored.", "several_writes_return_the_instances_as_they_are_stored"
)
@breaks("A member that leaves is told as it is then.", "a_member_that_leaves_is_updated")
@breaks("The instance that a move tells is the one after it.", "a_move_is_told_alike_from_both_sides", way=MOVES[0])
@breaks("The instance that a move tells is the one after it.", "a_move_is_told_alike_from_both_sides", way=MOVES[1])
@breaks("The instance that a move tells is the one after it.", "a_move_is_told_alike_from_both_sides", way=MOVES[2])
class Stale(SQLAlchemyProvider):
    """Returns the instances as they were before a write."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        return [
            one if one.previous is None else replace(one, instance=before(one.previous))
            for one in await super().write_all(writes, state=state)
        ]

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        one = await super().update(address, change, **options)
        return replace(one, instance=before(one.previous))


@breaks("Several writes find no hidden instance.", "several_writes_do_not_find_a_hidden_instance")
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


@breaks(
    "Instances that are deleted with their parent are dependents.",
    "instances_that_are_deleted_with_their_parent_are_told",
)
@breaks(
    "Instances that are changed with their deleted parent are dependents.",
    "instances_that_are_changed_with_their_deleted_parent_are_told",
)
class Silent(SQLAlchemyProvider):
    """Does not say what it deletes with an instance."""

    async def dependents(self, address: Any, *, heard: Any, state: Any) -> Any:
        return ()


@breaks(
    "A dependent has the change that is made to it.", "instances_that_are_changed_with_their_deleted_parent_are_told"
)
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


@breaks("A field says which rows store it, and they are updated.", "a_member_that_leaves_is_updated")
@breaks("A field says which rows store it, and they decide.", "the_row_that_stores_a_relation_decides_over_it")
@breaks("A field says which rows store it, and they refuse together.", "members_that_one_of_them_refuses_all_stay")
@breaks(
    "A field says which rows store it, and they send the signals.", "a_move_is_told_alike_from_both_sides", way=MOVES[2]
)
class Holderless(Described):
    """Does not say which rows store a relation."""

    lost = "holder"


@breaks(
    "A field says which field shows the relation from the other side.",
    "a_move_is_told_alike_from_both_sides",
    way=MOVES[0],
)
@breaks(
    "A field says which field shows the relation from the other side.",
    "a_move_is_told_alike_from_both_sides",
    way=MOVES[1],
)
@breaks(
    "A field says which field shows the relation from the other side.",
    "a_move_is_told_alike_from_both_sides",
    way=MOVES[2],
)
class Mirrorless(Described):
    """Does not say which fields show one relation."""

    lost = "mirror"


@breaks("Values have only the members that are asked for.", "values_have_the_rows_that_are_asked_for")
class LoadsAll(SQLAlchemyProvider):
    """Loads all members of a relation, whichever are asked for."""

    async def get(self, address: Any, **options: Any) -> Any:
        return await super().get(replace(address, undefer=dict.fromkeys(address.undefer)), **options)


@breaks("A result is as it is after all writes.", "several_writes_of_one_instance_follow_each_other")
class EachResult(SQLAlchemyProvider):
    """Returns an instance as its own write leaves it."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        left: dict[int, Any] = {}

        def noting(number: int, write: Any) -> Any:
            def change(found: Any) -> Any:
                left[number] = write.change(found)
                return left[number]

            return replace(write, change=change) if isinstance(write, Update) else write

        results = await super().write_all([noting(*one) for one in enumerate(writes)], state=state)
        return [replace(one, values={**one.values, **left.get(number, {})}) for number, one in enumerate(results)]


@breaks("Several writes get the deferred fields that they name.", "values_have_the_rows_that_are_asked_for")
class WritesOwnFields(SQLAlchemyProvider):
    """Loads no deferred fields for several writes."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        bare = [
            one if isinstance(one, Create) else replace(one, address=replace(one.address, undefer={})) for one in writes
        ]
        return await super().write_all(bare, state=state)
