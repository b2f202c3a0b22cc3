"""Units of work."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import ActState
from tests.support.broken import breaks

STORED = "what_receivers_write_in_a_unit_is_stored_with_the_write"
UNDONE = "what_receivers_write_in_a_unit_is_not_stored_if_the_act_fails"
REFUSED = "a_change_or_check_that_refuses_undoes_the_whole_unit"
READ = "a_read_in_a_unit_stores_and_discards_nothing"
OTHER = "the_end_of_another_act_leaves_a_unit_as_it_is"
CLOSED = "each_unit_is_closed"


@breaks("The end of a unit rolls back a refused create.", UNDONE, method="POST")
@breaks("The end of a unit rolls back a refused update.", UNDONE, method="PUT")
@breaks("The end of a unit rolls back a refused delete.", UNDONE, method="DELETE")
@breaks(
    "The end of a unit rolls back a refused association.",
    "members_join_in_the_unit_that_receivers_write_in",
    status=403,
)
class CommitsAtTheEnd(SQLAlchemyProvider):
    """Commits a unit when it ends."""

    def end(self, unit: Any) -> Any:
        unit.commit()
        return super().end(unit)


class Bare:
    """A unit of work that keeps nothing."""

    def add(self, instance: Any) -> None:
        pass


class InItsOwnSession(SQLAlchemyProvider):
    """Makes each call in a session of its own."""

    async def _run(self, state: Any, *args: Any, **kwargs: Any) -> Any:
        session = await super().begin(state)
        try:
            return await super()._run(replace(state, unit=session), *args, **kwargs)
        finally:
            session.close()


@breaks("A write commits the unit.", STORED)
@breaks("So does the write of a relation.", "members_join_in_the_unit_that_receivers_write_in", status=201)
class IgnoresTheUnit(InItsOwnSession):
    """Writes in another session, and never commits that of the act."""


@breaks("A unit keeps what receivers write in it.", STORED)
class HasBareUnits(InItsOwnSession):
    """Opens units that have no effect."""

    async def begin(self, state: Any) -> Any:
        return Bare()

    def end(self, unit: Any) -> Any:
        return None


@breaks("Receivers of the pre_ signals of a write get the unit.", "a_write_is_one_unit_of_work_that_receivers_share")
class HasNoUnits(InItsOwnSession):
    """Opens no unit."""

    async def begin(self, state: Any) -> Any:
        return None


@breaks("The unit and the write are one transaction.", "a_unit_that_cannot_be_stored_undoes_the_write")
class CommitsTheUnitLater(InItsOwnSession):
    """Commits the unit of the act after the write."""

    async def _run(self, state: Any, *args: Any, **kwargs: Any) -> Any:
        result = await super()._run(state, *args, **kwargs)
        if kwargs.get("is_write"):
            state.unit.commit()
        return result


@breaks("A create is stored together with its unit, or neither is.", UNDONE, method="POST")
@breaks("An update is stored together with its unit, or neither is.", UNDONE, method="PUT")
@breaks("A delete is stored together with its unit, or neither is.", UNDONE, method="DELETE")
@breaks("A change that refuses undoes the unit.", REFUSED)
class CommitsTheUnitBefore(SQLAlchemyProvider):
    """Commits what receivers wrote before it writes."""

    async def _run(self, state: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("is_write"):
            state.unit.commit()
        return await super()._run(state, *args, **kwargs)


@breaks("A check that refuses undoes the unit.", REFUSED)
class CommitsBeforeADelete(SQLAlchemyProvider):
    """Commits what receivers wrote before it deletes."""

    async def delete(self, address: Any, **options: Any) -> Any:
        options["state"].unit.commit()
        return await super().delete(address, **options)


@breaks("Several writes are one transaction with their unit.", "several_writes_are_in_the_unit_that_receivers_write_in")
class CommitsBeforeSeveralWrites(SQLAlchemyProvider):
    """Commits what receivers wrote before it performs several writes."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        state.unit.commit()
        return await super().write_all(writes, state=state)


@breaks("An update stores what receivers wrote.", STORED)
class ForgetsTheUnit(SQLAlchemyProvider):
    """Removes what receivers added before it updates."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        options["state"].unit.expunge_all()
        return await super().update(address, change, **options)


@breaks("A get commits nothing.", READ)
@breaks("Others see nothing before the commit.", "reads_of_the_same_unit_alone_see_what_receivers_wrote")
class CommitsInReads(SQLAlchemyProvider):
    """Commits after each read."""

    async def _run(self, state: Any, *args: Any, **kwargs: Any) -> Any:
        result = await super()._run(state, *args, **kwargs)
        state.unit.commit()
        return result


@breaks("A list discards nothing.", READ)
class RollsListsBack(SQLAlchemyProvider):
    """Rolls back after a list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        options["state"].unit.rollback()
        return listing


@breaks("The search for dependents discards nothing.", READ)
class ForgetsForDependents(SQLAlchemyProvider):
    """Begins the session anew before it looks for dependents."""

    async def dependents(self, address: Any, **options: Any) -> Any:
        options["state"].unit.close()
        return await super().dependents(address, **options)


@breaks("A read sees what receivers wrote in its unit.", "reads_of_the_same_unit_alone_see_what_receivers_wrote")
class ReadsElsewhere(SQLAlchemyProvider):
    """Writes what receivers added only with the commit."""

    async def begin(self, state: Any) -> Any:
        unit = await super().begin(state)
        unit.autoflush = False
        return unit


@breaks("Each act has a unit of its own.", "acts_at_once_have_units_of_their_own")
@breaks("An act does not end the unit of another one.", OTHER, status=201)
class SharesOneUnit(SQLAlchemyProvider):
    """Has one session for all acts."""

    async def begin(self, state: Any) -> Any:
        if "unit" not in vars(self):
            vars(self)["unit"] = await super().begin(state)
        return vars(self)["unit"]

    def end(self, unit: Any) -> Any:
        unit.close()


@breaks("An act in a receiver has a unit of its own.", "acts_at_once_have_units_of_their_own")
@breaks("An act in a receiver does not end the unit around it.", OTHER, status=201)
class SharesTheUnitOfATask(SQLAlchemyProvider):
    """Has one session for each task."""

    async def begin(self, state: Any) -> Any:
        units, task = vars(self).setdefault("units", {}), asyncio.current_task()
        if task not in units:
            units[task] = await super().begin(state)
        return units[task]

    def end(self, unit: Any) -> Any:
        unit.close()


class Hasty(SQLAlchemyProvider):
    """Waits for locks for a short time."""

    def __init__(self, factory: Any) -> None:
        super().__init__(factory, timeout=0.5)


@breaks("Each unit is closed.", CLOSED)
class ClosesNothing(Hasty):
    """Never closes a session."""

    def end(self, unit: Any) -> Any:
        return None


@breaks("The unit of a refused act is closed.", CLOSED)
class ClosesCommitted(Hasty):
    """Closes a session only if nothing is left to do."""

    def end(self, unit: Any) -> Any:
        return None if unit.in_transaction() else super().end(unit)


@breaks("The unit of a cancelled act is closed.", CLOSED)
class ClosesUncancelled(Hasty):
    """Closes no session in a task that was cancelled."""

    def end(self, unit: Any) -> Any:
        task = asyncio.current_task()
        return None if task is not None and task.cancelling() else super().end(unit)


@breaks("A write returns after its commit.", "a_write_is_stored_when_it_returns")
class CommitsLate(SQLAlchemyProvider):
    """Commits a write when its act ends."""

    async def begin(self, state: Any) -> Any:
        unit: Any = await super().begin(state)
        unit.late, unit.commit = unit.commit, unit.flush
        return unit

    def end(self, unit: Any) -> Any:
        unit.late()
        return super().end(unit)


@breaks("A get in a unit finds what receivers wrote.", "reads_of_the_same_unit_alone_see_what_receivers_wrote")
class GetsInAnother(SQLAlchemyProvider):
    """Opens a unit for each get."""

    async def get(self, address: Any, *, state: Any, **options: Any) -> Any:
        unit = await self.begin(ActState())
        try:
            return await super().get(address, state=replace(state, unit=unit, is_writing=False), **options)
        finally:
            self.end(unit)
