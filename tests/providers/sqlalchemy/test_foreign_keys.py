"""Foreign keys of members whose primary keys are composite, set in rows and in instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.foreign_keys import set_foreign_keys
from bzz.providers.writes import Update
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.shop import Account, Base, Invoice, Line, Order, Shipment
from tests.providers.sqlalchemy.units import Writer


@pytest.fixture
def write(database: Database, io_loop: Any) -> Writer:
    """Two accounts of tenant a with the invoices 1 and 2, one account of tenant b, and an invoice of b."""
    write = Writer(database)

    async def fill() -> None:
        await database.create(Base)
        await write(*(write.create(Account, tenant=tenant, id=key) for tenant, key in ("ax", "ay", "bx")))
        await write(*(write.create(Invoice, tenant=tenant, number=number) for tenant, number in NUMBERS))

    io_loop.run_sync(fill)
    return write


NUMBERS = [("a", 1), ("a", 2), ("b", 1)]


@pytest.fixture(params=["rows", "instances"])
def changed(request: pytest.FixtureRequest) -> Iterator[list[Any]]:
    """Record the invoices that change as instances, if a listener asks for instances."""
    found: list[Any] = []

    def note(mapper: Any, connection: Any, invoice: Invoice) -> None:
        found.append((invoice.tenant, invoice.number))

    if request.param == "instances":
        sa.event.listen(Invoice, "before_update", note)
    yield found
    if request.param == "instances":
        sa.event.remove(Invoice, "before_update", note)


def invoices(write: Writer, key: str, *given: tuple[str, int]) -> Update:
    return write.update(Account, key, invoices=[*given])


async def test_a_foreign_key_that_shares_a_column_with_the_primary_key_is_set_and_cleared(
    write: Writer, changed: list[Any]
) -> None:
    stored = await write.alone(invoices(write, "a~x", ("a", 1), ("a", 2)))
    assert stored.values["invoices"] == [("a", 1), ("a", 2)]
    [stored] = await write(invoices(write, "a~x", ("a", 2)))
    assert stored.values["invoices"] == [("a", 2)]
    values = await write.values(Invoice, "a~1")
    assert (values["tenant"], values["account"]) == ("a", None), "the primary key is kept"
    assert changed in ([], [("a", 1), ("a", 2), ("a", 1)])


async def test_a_member_whose_key_fixes_another_parent_does_not_join(write: Writer, changed: list[Any]) -> None:
    with pytest.raises(Invalid) as caught:
        await write.alone(invoices(write, "a~x", ("a", 1), ("b", 1)))
    assert caught.value.errors == {"invoices": ["b~1 has another tenant, which is part of its key"]}
    with pytest.raises(Invalid) as caught:
        await write(invoices(write, "a~x", ("a", 1), ("a", 7)))
    assert caught.value.errors == {"invoices": ["there is no Invoice a~7"]}
    assert (await write.values(Invoice, "a~1"))["account"] is None


async def test_a_member_moves_from_one_parent_to_another(write: Writer, changed: list[Any]) -> None:
    await write.alone(invoices(write, "a~x", ("a", 1)))
    await write.alone(invoices(write, "a~y", ("a", 1), ("a", 2)))
    assert (await write.values(Account, "a~x", invoices=None))["invoices"] == []
    assert (await write.values(Invoice, "a~1"))["account"] == ("a", "y")


async def test_a_member_that_has_another_parent_does_not_leave(write: Writer, changed: list[Any]) -> None:
    await write.alone(invoices(write, "a~x", ("a", 1)))
    relation = write.provider.mapped_class(Account).relations["invoices"]

    def leave(session: Session) -> None:
        set_foreign_keys(session, relation, session.get_one(Account, ("a", "y")), [("a", 1)], [])
        session.commit()

    await write.database.run(leave)
    assert (await write.values(Invoice, "a~1"))["account"] == ("a", "x")


async def test_foreign_keys_of_several_columns_are_set_and_cleared_whole(write: Writer) -> None:
    await write(write.create(Order), write.create(Line, order_id=1, position=1), write.create(Shipment))
    await write.alone(write.update(Line, "1~1", shipments=[1]))
    assert (await write.values(Shipment, 1))["line"] == (1, 1)
    await write.alone(write.update(Line, "1~1", shipments=[]))
    assert (await write.values(Shipment, 1))["line"] is None


async def test_many_members_with_composite_keys_are_replaced(write: Writer) -> None:
    numbers = range(10, 1210)
    await write(*(write.create(Invoice, tenant="a", number=number) for number in numbers))
    given = [("a", number) for number in numbers]
    for keys in (given, given[600:], given[:600]):
        assert (await write.alone(invoices(write, "a~x", *keys))).values["invoices"] == keys
