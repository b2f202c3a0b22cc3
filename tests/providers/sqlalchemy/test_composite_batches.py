"""Several writes of classes with composite primary keys, and the instances that depend on such instances."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bzz.exceptions import NotFound
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.shop import Base, Line, Measure, Order, Shipment
from tests.providers.sqlalchemy.units import Writer, unit


@pytest.fixture
def write(database: Database, io_loop: Any) -> Writer:
    io_loop.run_sync(lambda: database.create(Base))
    return Writer(database)


async def test_rows_are_found_by_composite_keys(write: Writer) -> None:
    await write(write.create(Order), write.create(Order))
    made = await write(*(write.create(Line, order_id=order, position=place) for order in (1, 2) for place in (1, 2)))
    assert [one.values["order_id~position"] for one in made] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    changed = await write(
        write.update(Line, "2~2", text="last"), write.update(Line, "1~1", text="first"), write.delete(Line, "2~1")
    )
    assert [one.values["text"] for one in changed] == ["last", "first", None]
    assert (await write.values(Line, "1~1"))["text"] == "first"
    with pytest.raises(NotFound):
        await write.values(Line, "2~1")
    with pytest.raises(NotFound):
        await write(write.update(Line, "1~1", text="x"), write.update(Line, "9~9", text="y"))
    assert (await write.values(Line, "1~1"))["text"] == "first"


async def test_composite_references_are_written_together(write: Writer) -> None:
    await write(write.create(Order), write.create(Line, order_id=1, position=1))
    await write(write.create(Shipment, line=(1, 1)), write.create(Shipment))
    joined, left = await write(write.update(Shipment, 2, line=(1, 1)), write.update(Shipment, 1, line=None))
    assert (joined.values["line"], left.values["line"]) == ((1, 1), None)


async def test_a_part_of_a_key_that_is_converted_identifies_a_row(write: Writer) -> None:
    [made] = await write(write.create(Measure, time=datetime(2020, 1, 1, tzinfo=UTC), value=1))
    [changed] = await write(write.update(Measure, "2020-01-01T00:00:00Z~main", value=2))
    assert (changed.values["value"], changed.values["time~sensor"]) == (2, made.values["time~sensor"])


async def test_dependents_are_found_by_composite_keys(write: Writer) -> None:
    await write(write.create(Order), write.create(Line, order_id=1, position=1))
    await write(write.create(Shipment, line=(1, 1)), write.create(Shipment))
    async with unit(write.provider) as state:
        [found] = await write.provider.dependents(write.address(Line, "1~1"), heard=lambda model: True, state=state)
    assert (found.stored.values["id"], found.change) == (1, {"line": None})
