"""Hooks, constructors and inheritance of classes with composite primary keys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, aliased, mapped_column, relationship

from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Hooked(DeclarativeBase):
    pass


class Owner(Hooked):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    things: Mapped[list[Thing]] = relationship(back_populates="owner")

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.where(cls.id != 3)


class Thing(Hooked):
    __tablename__ = "thing"
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("owner.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str | None]
    owner: Mapped[Owner] = relationship(back_populates="things")

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        other = aliased(Thing)  # finds each row several times
        return queryset.join(Owner).join(other, other.owner_id == Owner.id).where(cls.number < 5)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        return queryset.where(cls.number < 5) if instance_id != "2~4" else queryset.where(sa.false())


async def test_hooks_narrow_classes_with_composite_keys(api: Api, database: Database) -> None:
    await mount(api, database, Hooked, Owner, Thing)
    for _ in range(3):
        await api.create("/owner")
    for owner, number in ((1, 1), (1, 4), (2, 4), (2, 7)):
        await api.create("/thing", owner_id=owner, number=number)
    assert [thing["id"] for thing in (await api("GET", "/thing?count=true")).json] == ["1~1", "1~4", "2~4"]
    for path, status in (("/thing/1~1", 200), ("/thing/2~4", 404), ("/thing/2~7", 404), ("/owner/2/things/7", 404)):
        assert (await api("GET", path)).status == status, path
    assert (await api("PATCH", "/thing/1~1", json_body={"note": "x"})).json["note"] == "x"
    assert (await api("PATCH", "/thing/2~7", json_body={"note": "x"})).status == 404
    assert (await api("DELETE", "/thing/2~4")).status == 404
    hidden = await api("POST", "/thing", json_body={"owner_id": 3, "number": 1})
    assert (hidden.status, hidden.json["errors"]) == (400, {"owner": ["there is no Owner 3"]})


async def test_a_constructor_may_require_the_parent_that_is_part_of_the_key(api: Api, database: Database) -> None:
    class Made(MappedAsDataclass, DeclarativeBase):
        pass

    class Box(Made):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)

    class Slot(Made):
        __tablename__ = "slot"
        number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        box: Mapped[Box] = relationship()
        box_id: Mapped[int] = mapped_column(sa.ForeignKey("box.id"), primary_key=True, init=False)

    class Label(Made):
        __tablename__ = "box_label"
        box_id: Mapped[int] = mapped_column(sa.ForeignKey("box.id"), primary_key=True)
        text: Mapped[str] = mapped_column(sa.String(9), primary_key=True)
        box: Mapped[Box | None] = relationship(default=None)

    await mount(api, database, Made, Box, Slot, Label)
    await api.create("/box")
    assert await api.create("/slot", box_id=1, number=2) == {"id": "2~1", "number": 2, "box_id": 1, "box": "1"}
    assert (await api.create("/label", box_id=1, text="x"))["box"] == "1"
    assert (await api.create("/slot", box="1", number=3))["box_id"] == 1
    lacking = await api("POST", "/slot", json_body={"number": 4})
    assert (lacking.status, lacking.json["errors"]) == (400, {"box": ["is required"]})


async def test_a_reference_may_be_given_instead_of_the_part_of_the_key_that_it_contains(
    api: Api, database: Database
) -> None:
    await mount(api, database, Hooked, Owner, Thing)
    for _ in range(2):
        await api.create("/owner")
    thing = {"id": "1~2", "owner_id": 1, "number": 2, "note": None, "owner": "1"}
    assert await api.create("/thing", owner="1", number=2) == thing
    assert (await api.create("/thing", owner="1", owner_id=1, number=3))["id"] == "1~3"
    for body, errors in (
        ({"owner": "1", "owner_id": 2, "number": 1}, {"owner_id": ["contradicts another value of owner_id"]}),
        ({"owner": None, "number": 1}, {"owner_id": ["is required"]}),
        ({"owner": "9", "number": 1}, {"owner": ["there is no Owner 9"]}),
    ):
        reply = await api("POST", "/thing", json_body=body)
        assert (reply.status, reply.json["errors"]) == (400, errors), body
    moved = await api("PATCH", "/thing/1~2", json_body={"owner": "2"})
    assert (moved.status, moved.json["errors"]) == (400, {"owner": ["is read-only"]})


async def test_joined_classes_inherit_a_composite_key(api: Api, database: Database) -> None:
    class Joined(DeclarativeBase):
        pass

    class Place(Joined):
        __tablename__ = "place"
        country: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
        name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
        kind: Mapped[str] = mapped_column(sa.String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "place"}  # noqa: RUF012

    class City(Place):
        __tablename__ = "city_place"
        country: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
        name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
        people: Mapped[int | None]
        __table_args__ = (sa.ForeignKeyConstraint(["country", "name"], ["place.country", "place.name"]),)
        __mapper_args__ = {"polymorphic_identity": "city"}  # noqa: RUF012

    await mount(api, database, Joined, Place, City)
    await api.create("/city", country="br", name="Rio", people=6)
    assert (await api("PATCH", "/city/br~Rio", json_body={"people": 7})).json["people"] == 7
    assert [place["id"] for place in (await api("GET", "/place?sort=-id")).json] == ["br~Rio"]
    assert (await api("DELETE", "/place/br~Rio")).status == 204


async def test_a_view_only_reference_is_checked_by_its_column(api: Api, database: Database) -> None:
    class Viewed(DeclarativeBase):
        pass

    class Team(Viewed):
        __tablename__ = "viewed_team"
        id: Mapped[int] = mapped_column(primary_key=True)

        @classmethod
        def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
            return queryset.where(cls.id == 1)

    class Player(Viewed):
        __tablename__ = "player"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("viewed_team.id"))
        team: Mapped[Team | None] = relationship(viewonly=True)

    await mount(api, database, Viewed, Team, Player)
    await api.create("/team")
    await api("POST", "/team", json_body={})
    assert await api.create("/player", team_id=1) == {"id": "1", "team_id": 1, "team": "1"}
    hidden = await api("PATCH", "/player/1", json_body={"team_id": 2})
    assert (hidden.status, hidden.json["errors"]) == (400, {"team": ["there is no Team 2"]})
