"""Classes whose instances have the values of their rows, and classes whose instances have not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    deferred,
    mapped_column,
    query_expression,
    reconstructor,
    relationship,
    synonym,
)


class Base(DeclarativeBase):
    pass


class Plain(Base):
    __tablename__ = "rows_plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String)
    title: Mapped[str] = synonym("name")
    twice = column_property(name + name)
    large: Mapped[str | None] = deferred(mapped_column(sa.Text))
    _hidden: Mapped[str | None]
    seat_row: Mapped[int | None]
    seat_place: Mapped[int | None]
    seat: Mapped[Seat | None] = relationship(lazy="joined")
    __table_args__ = (sa.ForeignKeyConstraint(["seat_row", "seat_place"], ["rows_seat.row", "rows_seat.place"]),)


class Seat(Base):
    __tablename__ = "rows_seat"
    row: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    takers: Mapped[list[Plain]] = relationship(viewonly=True)


class Named(Base):
    """Its key may be null in SQLite."""

    __tablename__ = "rows_named"
    name: Mapped[str] = mapped_column(primary_key=True)


class Reconstructed(Base):
    __tablename__ = "rows_reconstructed"
    id: Mapped[int] = mapped_column(primary_key=True)

    @reconstructor
    def loaded(self) -> None:
        self.is_loaded = True


@dataclass
class Point:
    x: int
    y: int


class Composed(Base):
    __tablename__ = "rows_composed"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Point] = composite(mapped_column("x"), mapped_column("y"))


class Expressed(Base):
    __tablename__ = "rows_expressed"
    id: Mapped[int] = mapped_column(primary_key=True)
    extra: Mapped[int | None] = query_expression(sa.literal(7))


class Joined(Base):
    """Is not loaded without its seat."""

    __tablename__ = "rows_joined"
    id: Mapped[int] = mapped_column(primary_key=True)
    plain_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rows_plain.id"))
    plain: Mapped[Plain | None] = relationship(lazy="joined", innerjoin=True)


class Reading(Base):
    __tablename__ = "rows_reading"
    id: Mapped[int] = mapped_column(primary_key=True)

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


class Animal(Base):
    __tablename__ = "rows_animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012


class Cat(Animal):
    naps: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Dog(Animal):
    __tablename__ = "rows_dog"
    id: Mapped[int] = mapped_column(sa.ForeignKey("rows_animal.id"), primary_key=True)
    tricks: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Pet(Base):
    __tablename__ = "rows_pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[Any] = mapped_column(sa.String, nullable=True)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet"}  # noqa: RUF012


class Parrot(Pet):
    """Has no attribute for the column of its name."""

    __mapper_args__ = {"polymorphic_identity": "parrot"}  # noqa: RUF012

    @property
    def name(self) -> str:
        return "Polly"


ROWS: tuple[Callable[[], Any], ...] = (
    lambda: Seat(row=1, place=2),
    lambda: Plain(name="a", large="x", seat_row=1, seat_place=2),
    lambda: Plain(name="b", seat_row=1),
    lambda: Named(name="a"),
    Reconstructed,
    lambda: Composed(at=Point(1, 2)),
    Expressed,
    lambda: Joined(plain_id=1),
    Joined,
    Reading,
    lambda: Animal(name="a"),
    lambda: Cat(name="c", naps=3),
    lambda: Dog(name="d", tricks=4),
    lambda: Pet(name="p"),
    Parrot,
)
