"""Required columns: which ones a request must give, and which ones the class or the database fills."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
import sqlmodel
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import pre_create_instance, request_failed
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shop"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    street: Mapped[str]
    stars: Mapped[int] = mapped_column(default=3)
    opened: Mapped[str] = mapped_column(server_default="today")
    revision: Mapped[int] = mapped_column()
    note: Mapped[str | None]
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012


class Ware(Base):
    __tablename__ = "ware"
    code: Mapped[str] = mapped_column(sa.String(9), primary_key=True)
    shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shop.id"))
    shop: Mapped[Shop] = relationship()


class Filled(Base):
    """An event fills one of its fields."""

    __tablename__ = "filled"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]


@sa.event.listens_for(Filled, "before_insert")
def fill(mapper: Any, connection: Any, target: Filled) -> None:
    target.slug = f"slug of {target.title}"


class Made(Base):
    """Its own constructor fills one of its fields."""

    __tablename__ = "made"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    slug: Mapped[str]

    def __init__(self, title: str, **given: Any) -> None:
        super().__init__(title=title, slug=title.lower(), **given)


class Data(MappedAsDataclass, DeclarativeBase):
    pass


class Point(Data):
    __tablename__ = "point"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    x: Mapped[int]
    y: Mapped[int] = mapped_column(default=0)
    tag: Mapped[str] = mapped_column(default_factory=lambda: "new")


class Hero(sqlmodel.SQLModel, table=True):
    id: int | None = sqlmodel.Field(default=None, primary_key=True)
    name: str
    power: str = "none"
    alias: str = sqlmodel.Field(default_factory=lambda: "nobody")


class Patron(sqlmodel.SQLModel, table=True):
    """Its key has two columns, for which SQLModel wants a default."""

    hero_id: int | None = sqlmodel.Field(default=None, primary_key=True)
    place: str | None = sqlmodel.Field(default=None, primary_key=True)


class Vehicle(Base):
    __tablename__ = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    plate: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}  # noqa: RUF012


class Truck(Vehicle):
    load: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "truck"}  # noqa: RUF012


class Named(Vehicle):
    """It has a constructor of its own."""

    __mapper_args__ = {"polymorphic_identity": "named"}  # noqa: RUF012

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"plate": "none", **given})


def required(model: type) -> list[str]:
    return [known.name for known in SQLAlchemyProvider().describe(model).required]


def test_what_neither_the_class_nor_the_database_fills_is_required() -> None:
    assert required(Shop) == ["title", "street"]
    assert required(Ware) == ["code", "shop"]
    assert required(Point) == ["x"]
    assert required(Hero) == ["name"]
    assert required(Patron) == ["hero_id", "place"]


def test_nothing_is_required_before_own_code_of_the_class_has_run() -> None:
    assert required(Filled) == required(Made) == required(Named) == []
    assert required(Vehicle) == required(Truck) == ["plate"]


async def test_all_that_is_missing_is_said_at_once_and_before_receivers(api: Api, database: Database) -> None:
    await mount(api, database, Base, Shop, Ware)
    with capture(pre_create_instance) as sent:
        lacking = await api("POST", "/shop", json_body={"stars": "many"})
        assert (lacking.status, lacking.json["errors"]) == (
            400,
            {"stars": ["expected an integer"], "title": ["is required"], "street": ["is required"]},
        )
        assert (await api("POST", "/ware", json_body={})).json["errors"] == {
            "id": ["is required"],
            "shop": ["is required"],
        }
        assert sent == []
    await api.create("/shop", title="a", street="b")
    assert (await api("PATCH", "/shop/1", json_body={"title": None})).json["errors"] == {"title": ["is required"]}


async def test_the_database_is_asked_after_own_code_and_all_its_answers_are_said_at_once(
    api: Api, database: Database
) -> None:
    await mount(api, database, Base, Filled)
    with capture(pre_create_instance, request_failed) as sent:
        lacking = await api("POST", "/filled", json_body={})
    assert (lacking.status, lacking.json["errors"]) == (400, {"author": ["is required"], "title": ["is required"]})
    assert [one.signal for one in sent] == ["pre_create_instance", "request_failed"]
    assert (await api.create("/filled", title="x", author="y"))["slug"] == "slug of x"


async def test_a_constructor_may_require_a_field_and_fill_another(api: Api, database: Database) -> None:
    await mount(api, database, Base, Made)
    assert (await api("POST", "/made", json_body={})).json["errors"] == {"title": ["is required"]}
    assert (await api.create("/made", title="Tea"))["slug"] == "tea"


async def test_a_database_that_refuses_another_row_says_so(api: Api, database: Database) -> None:
    """A trigger's row lacks a value, not the row of the request."""

    class Own(DeclarativeBase):
        pass

    class Log(Own):
        __tablename__ = "own_log"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    class Item(Own):
        __tablename__ = "own_item"
        id: Mapped[int] = mapped_column(primary_key=True)

    def log(mapper: Any, connection: sa.Connection, target: Item) -> None:
        connection.execute(sa.insert(Log).values(text=None))

    sa.event.listen(Item, "after_insert", log)
    await mount(api, database, Own, Item)
    refused = await api("POST", "/item", json_body={})
    assert (refused.status, refused.json["detail"]) == (400, "A constraint of the store forbids it.")
