"""Teams with members of classes of each kind."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, validates

from bzz.providers.values import Stored
from tests.providers.sqlalchemy.units import Writer


class Base(DeclarativeBase):
    pass


def team_id() -> Any:
    return mapped_column(sa.ForeignKey("team.id"), index=True)


person_of_team = sa.Table(
    "person_of_team",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True, index=True),
)
seat_of_team = sa.Table(
    "seat_of_team",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id")),
    sa.Column("row", sa.Integer),
    sa.Column("number", sa.Integer),
    sa.ForeignKeyConstraint(["row", "number"], ["seat.row", "seat.number"]),
)


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    people: Mapped[list[Person]] = relationship(secondary=person_of_team, back_populates="teams")
    seats: Mapped[list[Seat]] = relationship(secondary=seat_of_team)
    tasks: Mapped[list[Task]] = relationship(back_populates="team")
    versions: Mapped[list[Version]] = relationship()
    stamps: Mapped[list[Stamp]] = relationship()
    checks: Mapped[list[Check]] = relationship()
    parts: Mapped[list[Part]] = relationship()
    duties: Mapped[list[Duty]] = relationship()


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    teams: Mapped[list[Team]] = relationship(secondary=person_of_team, back_populates="people")


class Seat(Base):
    """The association table does not refer to its primary key."""

    __tablename__ = "seat"
    __table_args__ = (sa.UniqueConstraint("row", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int] = mapped_column(default=1)
    number: Mapped[int] = mapped_column(default=itertools.count().__next__)


class Task(Base):
    """Its rows are updated without instances."""

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = team_id()
    team: Mapped[Team | None] = relationship(back_populates="tasks")


class Version(Base):
    __tablename__ = "version"
    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=1)
    team_id: Mapped[int | None] = team_id()
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012


class Stamp(Base):
    """Each change of a row has a number of its own."""

    __tablename__ = "stamp"
    id: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[int] = mapped_column(default=0, onupdate=itertools.count(1).__next__)
    team_id: Mapped[int | None] = team_id()


class Check(Base):
    """Does not go to team 3."""

    __tablename__ = "check"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = team_id()

    @validates("team_id")
    def validate(self, key: str, value: int | None) -> int | None:
        if value == 3:
            raise ValueError("does not go to team 3")
        return value


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}  # noqa: RUF012


class Part(Thing):
    """Its foreign key is in another table than its primary key."""

    __tablename__ = "part"
    id: Mapped[int] = mapped_column(sa.ForeignKey("thing.id"), primary_key=True)
    team_id: Mapped[int | None] = team_id()
    __mapper_args__ = {"polymorphic_identity": "part"}  # noqa: RUF012


class Duty(Base):
    """Cannot be without a team."""

    __tablename__ = "duty"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = team_id()


MEMBERS = {
    "people": Person,
    "seats": Seat,
    "tasks": Task,
    "versions": Version,
    "stamps": Stamp,
    "checks": Check,
    "parts": Part,
}


class Teams(Writer):
    """Changes teams by calls to the provider alone."""

    async def fill(self, number: int, fields: Iterable[str] = MEMBERS) -> None:
        """Store three teams, and a number of members for each field."""

        def insert(session: Session) -> None:
            session.execute(sa.insert(Team), [{"name": "x"}] * 3)
            for field in fields:
                session.execute(sa.insert(MEMBERS[field]), [{"id": key + 1} for key in range(number)])
            session.commit()

        await self.database.create(Base)
        await self.database.run(insert)

    async def set(self, key: Any, /, **changed: Any) -> Stored:
        """Change the fields of a team."""
        return await self.alone(self.update(Team, key, **changed))

    async def held(self, field: str, key: Any = 1) -> list[int]:
        """Return the keys of a team's members."""
        found: list[int] = (await self.values(Team, key, **{field: None}))[field]
        return found
