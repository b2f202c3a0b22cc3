"""Relationships by which the deletion of an instance reaches other instances."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, mapped_column, relationship

from bzz.providers.sqlalchemy.cascades import cascades_of
from tests.providers.sqlalchemy.company import Team
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.models import Author
from tests.providers.sqlalchemy.units import Writer, unit


def cascades(model: type, name: str) -> list[tuple[object, bool]]:
    mapper: Mapper[Any] = sa.inspect(model)
    return [(one.change, one.is_recursive) for one in cascades_of(mapper.relationships[name], 10)]


def test_a_relationship_deletes_members_or_clears_their_foreign_key() -> None:
    assert cascades(Team, "tasks") == [(None, True)]
    assert cascades(Team, "projects") == [({"team": None}, False)]
    assert cascades(Team, "backed") == [({"backer_id": None}, False)]
    assert cascades(Team, "people") == [(None, False)], "the rows of its table"


@pytest.mark.parametrize("name", ["shown_books", "books", "friends", "mentor"])
def test_some_relationships_leave_members_alone(name: str) -> None:
    assert cascades(Author, name) == []


def test_members_that_are_loaded_with_the_parent_are_changed_with_it() -> None:
    assert (cascades(Team, "logs"), cascades(Team, "kept")) == ([], [])
    assert cascades(Team, "eager") == [({"eager_id": None}, False)]


def test_members_that_the_foreign_key_identifies_are_left_alone() -> None:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        profile: Mapped[Profile | None] = relationship()

    class Profile(Base):
        __tablename__ = "profile"
        id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)

    globals().update(Profile=Profile)
    sa.orm.configure_mappers()
    assert cascades(User, "profile") == [], "the deletion is refused"


async def test_the_keys_of_parents_may_be_composite(database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Shop(Base):
        __tablename__ = "shop"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list[Order]] = relationship(cascade="all, delete-orphan")

    class Order(Base):
        __tablename__ = "shop_order"
        shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shop.id"), primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list[Line]] = relationship()
        notes: Mapped[list[Note]] = relationship(secondary="order_note")

    class Line(Base):
        __tablename__ = "line"
        __table_args__ = (sa.ForeignKeyConstraint(["shop_id", "number"], ["shop_order.shop_id", "shop_order.number"]),)
        id: Mapped[int] = mapped_column(primary_key=True)
        shop_id: Mapped[int | None]
        number: Mapped[int | None]

    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)

    class OrderNote(Base):
        __tablename__ = "order_note"
        __table_args__ = (sa.ForeignKeyConstraint(["shop_id", "number"], ["shop_order.shop_id", "shop_order.number"]),)
        id: Mapped[int] = mapped_column(primary_key=True)
        shop_id: Mapped[int]
        number: Mapped[int]
        note_id: Mapped[int] = mapped_column(sa.ForeignKey("note.id"))

    globals().update(Order=Order, Line=Line, Note=Note)
    await database.create(Base)
    write = Writer(database)

    def fill(session: Session) -> None:
        for key in (1, 2):
            orders = [Order(number=n, lines=[Line(), Line()], notes=[Note()]) for n in range(key)]
            session.add(Shop(id=key, orders=orders))
        session.commit()

    await database.run(fill)
    async with unit(write.provider) as state:
        found = await write.provider.dependents(write.address(Shop, 2), heard=lambda model: True, state=state)
    kinds = [(one.schema.model, one.change) for one in found if one.schema.model is not Order]
    assert kinds == [(Line, {"shop_id~number": None, "number": None, "shop_id": None})] * 4 + [(OrderNote, None)] * 2
