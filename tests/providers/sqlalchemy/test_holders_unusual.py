"""The rows that store a relation of an unusual mapping, and its name on the other side."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, registry, relationship

from bzz.schema.fields import Holder
from tests.providers.sqlalchemy.samples import sides


def test_a_class_on_the_same_table_does_not_mirror_the_others_relation() -> None:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Note(Base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
        owner: Mapped[User | None] = relationship()

    class Account(Base):
        __table__ = User.__table__
        notes: Mapped[list[Note]] = relationship(overlaps="owner")

    globals().update(User=User, Note=Note)
    assert sides(Account, "notes") == (Holder(Note, "owner"), None)
    assert sides(Note, "owner") == (None, None)


def test_a_holder_without_a_field_for_its_foreign_key_has_none() -> None:
    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "order"
        shop: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = mapped_column(unique=True)
        lines: Mapped[list[Line]] = relationship(
            primaryjoin="and_(Order.shop == foreign(Line.shop), Order.number == foreign(Line.number))"
        )
        secrets: Mapped[list[Secret]] = relationship()

    class Line(Base):
        __tablename__ = "line"
        id: Mapped[int] = mapped_column(primary_key=True)
        shop: Mapped[int]
        number: Mapped[int]

    class Secret(Base):
        __tablename__ = "secret"
        id: Mapped[int] = mapped_column(primary_key=True)
        _order: Mapped[int | None] = mapped_column(sa.ForeignKey("order.shop"))

    globals().update(Line=Line, Secret=Secret)
    other = aliased(Line)
    Order.aliased = relationship(other, viewonly=True, primaryjoin=Order.number == sa.orm.foreign(other.number))
    assert sides(Order, "lines") == (Holder(Line, None, columns=("number", "shop")), None)
    assert sides(Order, "secrets") == (Holder(Secret, "_order"), None)
    assert sides(Order, "aliased") == (Holder(Line, None, columns=("number",)), None)


def tables() -> sa.MetaData:
    """Return the tables of kids, and of what they have one of and several of."""
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("toy", metadata, sa.Column("id", sa.Integer, primary_key=True))
    parent_id: sa.Column[Any] = sa.Column("parent_id", sa.ForeignKey("parent.id"))
    sa.Table("kid", metadata, sa.Column("id", sa.Integer, primary_key=True), parent_id)
    sa.Table(
        "links",
        metadata,
        sa.Column("kid_id", sa.ForeignKey("kid.id"), primary_key=True),
        sa.Column("toy_id", sa.ForeignKey("toy.id"), primary_key=True),
    )
    return metadata


def test_an_imperative_mapping_has_both_sides() -> None:
    metadata = tables()
    mapping = registry(metadata=metadata)

    class Parent:
        pass

    class Kid:
        pass

    mapping.map_imperatively(Parent, metadata.tables["parent"], properties={"kids": relationship(Kid)})
    mother = relationship(Parent, overlaps="kids")
    mapping.map_imperatively(Kid, metadata.tables["kid"], properties={"mother": mother})
    assert sides(Parent, "kids") == (Holder(Kid, "mother"), "mother")
    assert sides(Kid, "mother") == (None, "kids")


def test_an_automatic_mapping_has_both_sides() -> None:
    base = automap_base(metadata=tables())
    base.prepare()
    parent, kid, toy = base.classes.parent, base.classes.kid, base.classes.toy
    assert sides(parent, "kid_collection") == (Holder(kid, "parent"), "parent")
    assert sides(kid, "parent") == (None, "kid_collection")
    assert sides(kid, "toy_collection") == (None, "kid_collection")
    assert sides(toy, "kid_collection") == (None, "toy_collection")
