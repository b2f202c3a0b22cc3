"""Association proxies, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.schema.fields import Holder
from bzz.signals import pre_create_instance
from bzz.testing import Sent
from bzz.testing.client import Client, Reply
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    memberships: Mapped[list[Membership]] = relationship(back_populates="team")
    people: AssociationProxy[list[User]] = association_proxy("memberships", "user")
    roles: AssociationProxy[list[str]] = association_proxy("memberships", "role")
    names: AssociationProxy[list[str]] = association_proxy("people", "name")
    _hidden: AssociationProxy[list[User]] = association_proxy("memberships", "user")


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Membership(Base):
    __tablename__ = "membership"
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
    role: Mapped[str | None]
    team: Mapped[Team] = relationship(back_populates="memberships")
    user: Mapped[User] = relationship()


@pytest.fixture
def teams(api: Api, database: Database, io_loop: Any) -> Api:
    async def fill() -> None:
        await mount(api, database, Base, Team, User, Membership)
        for name in ("red", "blue"):
            await api.create("/team", name=name)
        for name in ("Ada", "Bob", "Cy"):
            await api.create("/user", name=name)
        for team, year, user in ((1, 1, 2), (1, 1, 1), (1, 2, 1), (2, 1, 3)):
            await api.create("/membership", team_id=team, year=year, user_id=user)

    io_loop.run_sync(fill)
    return api


def names(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.json]


def test_a_proxy_is_the_relation_that_association_objects_hold() -> None:
    fields = SQLAlchemyProvider().describe(Team).fields
    assert list(fields) == ["id", "name", "memberships", "people"]
    people = fields["people"]
    assert (people.holder, people.mirror) == (Holder(Membership, "team", "user"), None)
    assert (people.insertable, people.updatable, people.deferred) == (True, True, True)


async def test_the_members_of_a_proxy_are_listed_once(teams: Client) -> None:
    assert names(await teams("GET", "/team/1/people")) == ["Ada", "Bob"]
    assert names(await teams("GET", "/team/1/people?sort=-name&per_page=1&count=true")) == ["Bob"]
    assert (await teams("GET", "/team/1/people/2")).json["name"] == "Bob"
    assert (await teams("GET", "/team/1/people/3")).status == 404
    assert (await teams("GET", "/team?fields=people")).json == [{"people": ["1", "2"]}, {"people": ["3"]}]
    assert names(await teams("GET", "/team?people__contains=3")) == ["blue"]
    assert names(await teams("GET", "/team?people__exists=true")) == ["red", "blue"]
    [expanded, _] = (await teams("GET", "/team?expand=people")).json
    assert [user["name"] for user in expanded["people"]] == ["Ada", "Bob"]


async def test_members_join_only_with_the_references_or_what_receivers_add(teams: Api) -> None:
    join = {"people": ["3"]}
    refused = await teams("POST", "/team/1/people", json_body=join)
    assert (refused.status, refused.json["errors"]) == (400, {"year": ["is required"]})
    assert refused.json["detail"] == (
        "References alone do not make a valid Membership; create it by itself, with all its fields."
    )

    def set_year(sender: Any, data: dict[str, Any]) -> None:
        data["year"] = 7

    with pre_create_instance.connected_to(set_year, Membership):
        assert (await teams("POST", "/team/1/people", json_body=join)).status == 201
    assert names(await teams("GET", "/team/1/people")) == ["Ada", "Bob", "Cy"]
    assert (await teams("GET", "/membership/1~7~3")).status == 200


async def test_a_member_leaves_by_the_deletion_of_all_its_association_objects(teams: Api, sent: list[Sent]) -> None:
    sent.clear()
    assert (await teams("DELETE", "/team/1/people/1")).status == 204
    told = [(one.signal, one.sender, one.keywords["instance"].year) for one in sent]
    assert told == [(f"{when}_delete_instance", Membership, year) for when in ("pre", "post") for year in (1, 2)]
    assert names(await teams("GET", "/team/1/people")) == ["Bob"]
    assert [row["id"] for row in (await teams("GET", "/membership")).json] == ["1~1~2", "2~1~3"]
    assert (await teams("DELETE", "/team/1/people/1")).status == 404


async def test_a_body_cannot_set_a_proxy(teams: Client) -> None:
    refused = await teams("PATCH", "/team/1", json_body={"people": ["3"]})
    assert refused.json["errors"] == {
        "people": ["is stored in Membership; use POST and DELETE at the path of the field, .../people"]
    }


class Crews(DeclarativeBase):
    pass


class Crew(Crews):
    """Has a proxy of each kind."""

    __tablename__ = "crew"
    id: Mapped[int] = mapped_column(primary_key=True)
    berths: Mapped[list[Berth]] = relationship()
    first: Mapped[Berth | None] = relationship(uselist=False, overlaps="berths")
    seen: Mapped[list[Berth]] = relationship(viewonly=True)
    old: Mapped[list[Berth]] = relationship(
        primaryjoin="and_(Crew.id == foreign(Berth.crew_id), Berth.rank > 5)", overlaps="berths,first"
    )
    trips: Mapped[list[Trip]] = relationship()
    sailors: AssociationProxy[list[Sailor]] = association_proxy("berths", "sailor")
    guests: AssociationProxy[list[Sailor]] = association_proxy("berths", "guest")
    captain: AssociationProxy[Sailor | None] = association_proxy("first", "sailor")
    seen_sailors: AssociationProxy[list[Sailor]] = association_proxy("seen", "sailor")
    old_sailors: AssociationProxy[list[Sailor]] = association_proxy("old", "sailor")
    travellers: AssociationProxy[list[Sailor]] = association_proxy("trips", "sailor")


class Sailor(Crews):
    __tablename__ = "sailor"
    id: Mapped[int] = mapped_column(primary_key=True)


class Berth(Crews):
    __tablename__ = "berth"
    id: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(default=1)
    crew_id: Mapped[int] = mapped_column(sa.ForeignKey("crew.id"))
    sailor_id: Mapped[int] = mapped_column(sa.ForeignKey("sailor.id"))
    sailor: Mapped[Sailor] = relationship()
    guest: Mapped[Sailor] = relationship(viewonly=True)


class Trip(Crews):
    """Shows nothing of its crew."""

    __tablename__ = "trip"
    id: Mapped[int] = mapped_column(primary_key=True)
    _crew_id: Mapped[int | None] = mapped_column("crew_id", sa.ForeignKey("crew.id"))
    sailor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sailor.id"))
    sailor: Mapped[Sailor | None] = relationship()


def test_a_proxy_is_read_only_if_association_objects_cannot_show_what_joins() -> None:
    fields = SQLAlchemyProvider().describe(Crew).fields
    assert fields["sailors"].holder == Holder(Berth, "crew_id", "sailor")
    proxies = ["sailors", "guests", "captain", "seen_sailors", "old_sailors", "travellers"]
    assert [name for name in proxies if fields[name].updatable] == ["sailors", "travellers"]


@pytest.fixture
def crews(api: Api, database: Database, io_loop: Any) -> Api:
    async def fill() -> None:
        await mount(api, database, Crews, Crew, Sailor, Berth, Trip)
        await api.create("/crew")
        for _ in range(2):
            await api.create("/sailor")

    io_loop.run_sync(fill)
    return api


async def test_members_join_and_leave_a_proxy_with_the_signals_of_its_rows(crews: Api, sent: list[Sent]) -> None:
    sent.clear()
    joined = await crews("POST", "/crew/1/sailors", json_body={"sailors": ["1", "2"]})
    assert (joined.status, [one["id"] for one in joined.json]) == (201, ["1", "2"])
    assert [(one.signal, one.sender) for one in sent] == [
        *[("pre_create_instance", Berth)] * 2,
        *[("post_create_instance", Berth)] * 2,
    ]
    assert [one["rank"] for one in (await crews("GET", "/berth")).json] == [1, 1]
    sent.clear()
    assert (await crews("POST", "/crew/1/sailors", json_body={"sailors": ["2"]})).status == 200
    assert sent == [], "it is a member already"
    assert (await crews("DELETE", "/crew/1/sailors/1")).status == 204
    assert [(one.signal, one.sender) for one in sent] == [
        ("pre_delete_instance", Berth),
        ("post_delete_instance", Berth),
    ]
    assert (await crews("GET", "/crew/1?fields=sailors")).json == {"sailors": ["2"]}


async def test_other_proxies_take_no_members(crews: Api) -> None:
    await crews.create("/berth", crew_id=1, sailor=1, rank=9)
    for name in ("guests", "captain", "seen_sailors", "old_sailors"):
        given: Any = "2" if name == "captain" else ["2"]
        assert (await crews("POST", f"/crew/1/{name}", json_body={name: given})).status == 405, name
    for path in ("guests/1", "captain", "seen_sailors/1", "old_sailors/1"):
        assert (await crews("DELETE", f"/crew/1/{path}")).status == 405, path


async def test_members_join_a_proxy_whose_rows_show_nothing_of_the_parent(crews: Api, sent: list[Sent]) -> None:
    assert (await crews("POST", "/crew/1/travellers", json_body={"travellers": ["2"]})).status == 201
    assert [(one.signal, one.sender) for one in sent[-2:]] == [
        ("pre_create_instance", Trip),
        ("post_create_instance", Trip),
    ]
    assert (await crews("GET", "/crew/1?fields=travellers,trips")).json == {"travellers": ["2"], "trips": ["1"]}
    assert (await crews("DELETE", "/crew/1/travellers/2")).status == 204
    assert (await crews("GET", "/trip")).json == []


async def test_nobody_writes_a_proxy_whose_rows_have_no_attribute_for_the_parent(api: Api, database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Rider(Own):
        __tablename__ = "rider"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Ride(Own):
        __table__ = sa.Table(
            "ride",
            Own.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("bus_id", sa.ForeignKey("bus.id")),
            sa.Column("rider_id", sa.ForeignKey("rider.id")),
        )
        rider = relationship(Rider)
        __mapper_args__ = {"exclude_properties": ["bus_id"]}  # noqa: RUF012

    class Bus(Own):
        __tablename__ = "bus"
        id: Mapped[int] = mapped_column(primary_key=True)
        rides: Mapped[list[Ride]] = relationship(foreign_keys=[Ride.__table__.c.bus_id])
        riders: AssociationProxy[list[Rider]] = association_proxy("rides", "rider")

    await mount(api, database, Own, Bus, Rider, Ride)
    await api.create("/bus")
    await api.create("/rider")
    assert (await api("POST", "/bus/1/riders", json_body={"riders": ["1"]})).status == 405
    hive = bzz.ModelHive(SQLAlchemyProvider(database.factory), Bus)
    with pytest.raises(Invalid, match=r"riders.*is read-only"):
        await hive.associate(1, "riders", 1)
    await hive.close()
