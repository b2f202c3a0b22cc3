"""The classes that map association tables."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.sqlalchemy.associations import association_of


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)


class Membership(Base):
    __tablename__ = "membership"
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)


links = sa.Table(
    "links",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
)


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    people: Mapped[list[Person]] = relationship(secondary="membership")
    linked: Mapped[list[Person]] = relationship(secondary=links)


def test_a_mapped_table_has_a_class_and_another_has_none() -> None:
    relations = sa.inspect(Team).relationships
    assert association_of(relations.people) is sa.inspect(Membership)
    assert association_of(relations.linked) is None
