"""Mapped classes of each kind that the provider serves."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    column_property,
    mapped_column,
    relationship,
    validates,
)


class Base(DeclarativeBase):
    pass


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Lower(sa.types.TypeDecorator[str]):
    """Text in lower case; there is no such thing as "bad"."""

    impl = sa.String(10)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value == "bad":
            raise ValueError("no such thing")
        return value and value.lower()


class Everything(Base):
    __tablename__ = "everything"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    text: Mapped[str | None] = mapped_column("db_text", sa.String(10))
    whole: Mapped[int | None]
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    big: Mapped[int | None] = mapped_column(sa.BigInteger)
    real: Mapped[float | None]
    real_too: Mapped[float | None] = mapped_column(sa.Numeric(asdecimal=False))
    exact: Mapped[Decimal | None] = mapped_column(sa.Numeric(6, 2))
    loose: Mapped[Decimal | None] = mapped_column(sa.Numeric)
    flag: Mapped[bool | None]
    color: Mapped[Color | None]
    choice: Mapped[str | None] = mapped_column(sa.Enum("a", "b", name="choice"))
    at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    naive_at: Mapped[datetime | None]
    on: Mapped[date | None]
    when: Mapped[time | None]
    zoned: Mapped[time | None] = mapped_column(sa.Time(timezone=True))
    token: Mapped[uuid.UUID | None]
    text_token: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))
    free: Mapped[Any | None] = mapped_column(sa.JSON)
    blob: Mapped[bytes | None]
    lower: Mapped[str | None] = mapped_column(Lower)
    span: Mapped[timedelta | None] = mapped_column(default=timedelta(hours=1))


friends = sa.Table(
    "friends",
    Base.metadata,
    sa.Column("one", sa.ForeignKey("author.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("other", sa.ForeignKey("author.id", ondelete="CASCADE"), primary_key=True),
)


class Author(Base):
    """Has relations of every kind."""

    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author", passive_deletes="all")
    drafts: Mapped[list[Draft]] = relationship(cascade="all, delete-orphan")
    profile: Mapped[Profile | None] = relationship(back_populates="author")
    friends: Mapped[list[Author]] = relationship(
        secondary=friends,
        primaryjoin=lambda: Author.id == friends.c.one,
        secondaryjoin=lambda: Author.id == friends.c.other,
    )
    mentor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("author.id"))
    mentor: Mapped[Author | None] = relationship(remote_side="Author.id")
    shown_books: Mapped[list[Book]] = relationship(viewonly=True)

    @validates("name")
    def check_name(self, key: str, name: str) -> str:
        if name == "Nobody":
            raise ValueError("is nobody")
        return name


class Book(Base):
    __tablename__ = "book"
    __table_args__ = (
        sa.CheckConstraint("pages > id - 1000", name="two"),
        sa.CheckConstraint("length(title) > 0", name="titled"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    pages: Mapped[int | None] = mapped_column(sa.CheckConstraint("pages > 0", name="some_pages"))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")


class Draft(Base):
    """Cannot be without its author."""

    __tablename__ = "draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))


class Profile(Base):
    __tablename__ = "profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("author.id"), unique=True)
    author: Mapped[Author | None] = relationship(back_populates="profile")


class Priced(Base):
    """The database has a say in it."""

    __tablename__ = "priced"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    net: Mapped[int]
    gross: Mapped[int] = mapped_column(sa.Computed("net * 2", persisted=True))
    made_by: Mapped[str] = mapped_column(server_default="the database")
    touched: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column()
    half: Mapped[int] = column_property(sa.literal_column("net / 2", sa.Integer))
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012


class Animal(Base):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012


class Dog(Animal):
    """Has a table of its own."""

    __tablename__ = "dog"
    id: Mapped[int] = mapped_column(sa.ForeignKey("animal.id"), primary_key=True)
    tricks: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Cat(Animal):
    """Has not."""

    naps: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Dataclasses(MappedAsDataclass, DeclarativeBase):
    pass


class Shelf(Dataclasses):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]


class Item(Dataclasses):
    """Its constructor wants what SQLAlchemy could do without."""

    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelf_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shelf.id"))
    count: Mapped[int] = mapped_column(default=1)
    note: Mapped[str | None] = mapped_column(init=False, default=None)
    shelf: Mapped[Shelf | None] = relationship(init=False)


class Careful(Base):
    """Makes its key itself, and refuses."""

    __tablename__ = "careful"
    slug: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int | None]

    def __init__(self, **given: Any) -> None:
        if given.get("name") == "Bad":
            raise ValueError("A careful one is not bad.")
        super().__init__(**given)
        self.slug = self.slug or self.name.lower()


class Pair(Base):
    __tablename__ = "pair"
    one: Mapped[int] = mapped_column(primary_key=True)
    other: Mapped[bytes] = mapped_column(primary_key=True)


MODELS = (Everything, Author, Book, Draft, Profile, Priced, Animal, Dog, Cat, Careful)
TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER touch AFTER UPDATE OF name ON priced BEGIN "
        "UPDATE priced SET touched = touched + 1 WHERE id = NEW.id; END"
    ],
    "postgresql": [
        "CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN IF NEW.name <> OLD.name THEN "
        "NEW.touched := OLD.touched + 1; END IF; RETURN NEW; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER touch BEFORE UPDATE ON priced FOR EACH ROW EXECUTE FUNCTION touch()",
    ],
}
