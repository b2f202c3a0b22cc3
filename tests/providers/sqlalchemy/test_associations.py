"""The classes that map association tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.sqlalchemy.associations import association_of
from bzz.testing import capture
from tests.support.keyed import keyed


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


class Aliased(DeclarativeBase):
    pass


class Guest(Aliased):
    __tablename__ = "guest"
    id: Mapped[int] = mapped_column(primary_key=True)


class Visit(Aliased):
    __tablename__ = "visit"
    house_id: Mapped[int] = mapped_column(sa.ForeignKey("house.id"), primary_key=True)
    guest_id: Mapped[int] = mapped_column(sa.ForeignKey("guest.id"), primary_key=True)


visit: Any = sa.inspect(Visit).local_table
alias, query = visit.alias(), sa.select(visit).subquery()


class House(Aliased):
    __tablename__ = "house"
    id: Mapped[int] = mapped_column(primary_key=True)
    guests: Mapped[list[Guest]] = relationship(
        secondary=lambda: alias,
        primaryjoin=lambda: House.id == alias.c.house_id,
        secondaryjoin=lambda: Guest.id == alias.c.guest_id,
        passive_deletes="all",
    )
    found: Mapped[list[Guest]] = relationship(
        secondary=lambda: query,
        primaryjoin=lambda: House.id == query.c.house_id,
        secondaryjoin=lambda: Guest.id == query.c.guest_id,
        passive_deletes="all",
    )


def rows() -> list[Any]:
    return [House(id=1), Guest(id=1), Guest(id=2), Visit(house_id=1, guest_id=1)]


async def test_the_hive_of_a_mapped_table_decides_about_an_alias_of_the_table(tmp_path: Path) -> None:
    async with keyed(tmp_path, Aliased, rows(), {House: {}, Guest: {}, Visit: {}}) as client:
        with capture() as sent:
            joined = await client("POST", "/house/1/guests", json_body={"guests": ["2"]})
            assert (await client("DELETE", "/house/1/guests/1")).status == 204
        assert joined.status == 201
        assert [one.signal for one in sent if one.sender is Visit and not one.signal.endswith("provider_call")] == [
            f"{when}_{act}_instance" for act in ("create", "delete") for when in ("pre", "post")
        ]
        assert (await client("GET", "/house/1/guests")).json == [{"id": "2"}]
    async with keyed(tmp_path, Aliased, rows(), {House: {}, Guest: {}}) as client:
        assert (await client("DELETE", "/house/1/guests/1")).status == 405
    async with keyed(tmp_path, Aliased, rows(), {House: {}, Guest: {}, Visit: {"methods": ["GET"]}}) as client:
        assert (await client("POST", "/house/1/guests", json_body={"guests": ["2"]})).status == 405


async def test_a_relation_through_a_query_is_read_only(tmp_path: Path) -> None:
    async with keyed(tmp_path, Aliased, rows(), {House: {}, Guest: {}, Visit: {}}) as client:
        assert (await client("POST", "/house/1/found", json_body={"found": ["2"]})).status == 405
        assert (await client("PATCH", "/house/1", json_body={"found": []})).status == 400
        assert (await client("GET", "/house/1/found")).json == [{"id": "1"}]


async def test_a_house_whose_visits_are_aliased_can_be_deleted(tmp_path: Path) -> None:
    async with keyed(tmp_path, Aliased, rows(), {House: {}, Guest: {}, Visit: {}}) as client:
        assert (await client("DELETE", "/visit/1~1")).status == 204
        assert (await client("DELETE", "/house/1")).status == 204
