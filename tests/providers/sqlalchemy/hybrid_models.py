"""Classes with hybrids, synonyms and composites, most of them as in SQLAlchemy's documentation."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections import deque
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship, synonym


class Base(DeclarativeBase):
    pass


class Folded(Comparator[str]):
    """Compares text without its case, as in SQLAlchemy's documentation."""

    def __eq__(self, other: object) -> Any:
        return sa.func.lower(self.__clause_element__()) == sa.func.lower(other)

    __hash__ = Comparator.__hash__


class Grade(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Person(Base):
    """Has hybrids that cannot be evaluated for the class."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    last: Mapped[str]
    tags: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    notes: Mapped[list[Note]] = relationship(back_populates="person_of")
    calls = 0

    @hybrid_property
    def full(self) -> str:
        Person.calls += 1
        return f"{self.first} {self.last.upper()}"

    @full.inplace.setter
    def _set_full(self, value: str) -> None:
        self.first, self.last = value.split(" ")

    @hybrid_property
    def tag_line(self) -> str:
        return ",".join(tag for tag in self.tags)  # for the class, this iterates for ever

    @hybrid_property
    def initial(self) -> str:
        return {"A": "first", "B": "second"}[self.first[0]]

    @hybrid_property
    def lower(self) -> str:
        return self.first.lower()

    @lower.inplace.expression
    @classmethod
    def _lower_expression(cls) -> Any:
        return sa.func.lower(cls.first)

    @hybrid_property
    def folded(self) -> str:
        return self.first

    @folded.inplace.comparator
    @classmethod
    def _folded_comparator(cls) -> Any:
        return Folded(cls.first)

    @hybrid_property
    def wrong(self) -> str:
        return self.first

    @wrong.inplace.expression
    @classmethod
    def _wrong_expression(cls) -> Any:
        return cls.nothing  # type: ignore[attr-defined]

    @hybrid_property
    def all_notes(self) -> Any:
        return self.notes

    @hybrid_property
    def note_count(self) -> int:
        return len(self.notes)

    @hybrid_property
    def note(self) -> str | None:
        return self.notes[0].text if self.notes else None

    @note.inplace.setter
    def _set_note(self, value: str | None) -> None:
        if not self.notes:
            Note(person_of=self)
        self.notes[0].text = value

    @property
    def shout(self) -> str:
        return self.first + "!"


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    person_of: Mapped[Person | None] = relationship(back_populates="notes")


class Account(Base):
    """Has what each tutorial has: a private column behind a setter."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("user_name", sa.String(20), unique=True)
    _password: Mapped[str] = mapped_column("password")
    _secret: Mapped[str | None]
    _joined: Mapped[datetime.datetime | None]
    _grade: Mapped[str | None]
    _key: Mapped[bytes | None]
    title = synonym("name")
    _hidden = synonym("name")
    key: Mapped[Any] = synonym(
        "_key", descriptor=property(lambda self: self._key, lambda self, value: setattr(self, "_key", value))
    )

    @hybrid_property
    def password(self) -> str:
        raise AttributeError("nobody reads it")

    @password.inplace.setter
    def _set_password(self, plain: str) -> None:
        if len(plain) < 3:
            raise ValueError("is too short")
        self._password = plain[::-1]

    @hybrid_property
    def secret(self):  # type: ignore[no-untyped-def]
        return self._secret

    @secret.inplace.setter
    def _set_secret(self, value):  # type: ignore[no-untyped-def]
        self._secret = value

    @hybrid_property
    def joined(self) -> datetime.datetime | None:
        return self._joined

    @joined.inplace.setter
    def _set_joined(self, value: datetime.datetime | None) -> None:
        self._joined = value

    @hybrid_property
    def grade(self) -> Grade | None:
        return None if self._grade is None else Grade(self._grade)

    @grade.inplace.setter
    def _set_grade(self, value: Grade | None) -> None:
        self._grade = None if value is None else value.value


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Pair(Base):
    """Has a key of two columns."""

    __tablename__ = "pair_of_points"
    one: Mapped[int] = mapped_column(primary_key=True)
    two: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def itself(self) -> Any:
        return self


class Vertex(Base):
    """Has a composite, whose columns are fields."""

    __tablename__ = "vertex"
    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))

    @property
    def sides(self) -> Any:
        return {"points": deque([self.start]), "length": datetime.timedelta(seconds=1), "next": Vertex(), "pair": Pair}
