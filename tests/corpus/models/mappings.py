"""Mappings as people write them: the chapters of SQLAlchemy's documentation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.declarative import AbstractConcreteBase
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    deferred,
    mapped_column,
    relationship,
    synonym,
    validates,
)

from tests.providers.sqlalchemy.databases import DATETIME, TEXT, TIME


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: TEXT, datetime: DATETIME, time: TIME}


class Interval(Base):
    __tablename__ = "interval"
    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[int]
    end: Mapped[int]

    @hybrid_property
    def length(self) -> int:
        return self.end - self.start

    @hybrid_property
    def description(self) -> str:
        return f"from {self.start} to {self.end}"


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column()
    last: Mapped[str] = mapped_column()
    _password: Mapped[str | None] = mapped_column("password")
    email: Mapped[str] = mapped_column(unique=True)
    mail: Mapped[str] = synonym("email")
    full = column_property(first + " " + last)
    bio: Mapped[str | None] = deferred(mapped_column(sa.Text))

    @hybrid_property
    def password(self) -> str | None:
        return self._password

    @password.inplace.setter
    def _set_password(self, value: str | None) -> None:
        self._password = None if value is None else value[::-1]

    @validates("email")
    def check(self, key: str, value: str) -> str:
        if len(value) > 150:
            raise ValueError("is too long")
        return value


@dataclass
class Point:
    x: int | None
    y: int | None


class Vertex(Base):
    __tablename__ = "vertex"
    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end: Mapped[Point] = composite(mapped_column("x2"), mapped_column("y2"))


class Node(Base):
    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("node.id"))
    children: Mapped[list[Node]] = relationship(back_populates="parent")
    parent: Mapped[Node | None] = relationship(back_populates="children", remote_side="Node.id")


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    type: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(sa.ForeignKey("employee.id"))
    boss: Mapped[Employee | None] = relationship(remote_side="Employee.id", lazy="selectin")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}  # noqa: RUF012


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(sa.ForeignKey("employee.id"), primary_key=True)
    language: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012


class Manager(Employee):
    level: Mapped[int | None] = mapped_column(use_existing_column=True)
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Shape(AbstractConcreteBase, Base):
    strict_attrs = True
    name: Mapped[str | None]


class Circle(Shape):
    __tablename__ = "circle"
    id: Mapped[int] = mapped_column(primary_key=True)
    radius: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}  # noqa: RUF012


class Square(Shape):
    __tablename__ = "square"
    id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "square", "concrete": True}  # noqa: RUF012


class Keyword(Base):
    __tablename__ = "keyword"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)


class Article(Base):
    __tablename__ = "article"
    id: Mapped[int] = mapped_column(primary_key=True)
    headline: Mapped[str]
    version: Mapped[int] = mapped_column()
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    account: Mapped[Account | None] = relationship(lazy="joined")
    links: Mapped[list[Link]] = relationship(back_populates="article", cascade="all, delete-orphan")
    keywords: AssociationProxy[list[Keyword]] = association_proxy(
        "links", "keyword", creator=lambda keyword: Link(keyword=keyword)
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Link(Base):
    __tablename__ = "link"
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), primary_key=True)
    keyword_id: Mapped[int] = mapped_column(sa.ForeignKey("keyword.id"), primary_key=True)
    note: Mapped[str | None]
    article: Mapped[Article] = relationship(back_populates="links")
    keyword: Mapped[Keyword] = relationship(lazy="subquery")


class Passport(Base):
    __tablename__ = "passport"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    citizen: Mapped[Citizen | None] = relationship(back_populates="passport")


class Citizen(Base):
    __tablename__ = "citizen"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    passport_id: Mapped[int | None] = mapped_column(sa.ForeignKey("passport.id"), unique=True)
    passport: Mapped[Passport | None] = relationship(back_populates="citizen", single_parent=True)


class Strict(Base):
    """Its constructor takes what it names."""

    __tablename__ = "strict"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(name=kwargs["name"].strip(), size=kwargs["size"])


class Seat(Base):
    """Its key has two columns, and another table refers to both."""

    __tablename__ = "seat"
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(primary_key=True)
    note: Mapped[str | None]


class Booking(Base):
    __tablename__ = "booking"
    __table_args__ = (sa.ForeignKeyConstraint(["seat_row", "seat_place"], ["seat.row", "seat.place"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    seat_row: Mapped[int | None]
    seat_place: Mapped[str | None]
    seat: Mapped[Seat | None] = relationship()


MODELS = (
    *(Interval, Account, Vertex, Node, Employee, Engineer, Manager, Circle, Square),
    *(Keyword, Article, Link, Passport, Citizen, Strict, Seat, Booking),
)
GIVEN: dict[str, Any] = {}
