"""Columns whose values bzz does not know, and the option that makes them known."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import bzz
from bzz.exceptions import Invalid
from bzz.providers import UUID_, Condition, Type
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import post_update_instance, pre_create_instance, pre_get_list, pre_update_instance
from tests.providers.sqlalchemy import decorated
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.databases import needs_postgres
from tests.providers.sqlalchemy.decorated import Choice, Decorated, Password, Settings, Unknown
from tests.support.client import Api

ONE, TWO = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


async def test_values_of_unknown_classes_are_shown_as_text_and_read_only(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Unknown)
    values = {
        "span": timedelta(hours=1),
        "seconds": timedelta(seconds=61),
        "kind": Choice("a"),
        "password": Password(b"hash"),
        "settings": Settings(dark=True),
        "pickled": {1, 2},
        "data": {"k": 1},
    }

    @pre_create_instance.connect_via(Unknown)
    def fill(sender: type, data: dict[str, Any]) -> None:
        data.update(values)

    shown = {
        "id": "1",
        "span": "1:00:00",
        "seconds": "0:01:01",
        "kind": "choice a",
        "password": "Password",
        "settings": {"dark": True, "size": 0},
        "pickled": [1, 2],
        "data": {"k": 1},
    }
    assert await api.create("/unknown") == shown
    assert (await api("PUT", "/unknown/1", json_body=shown)).json == shown
    refused = await api("PATCH", "/unknown/1", json_body={"span": "2:00:00"})
    assert refused.json["errors"] == {"span": ["is read-only"]}
    for query in ("span=1:00:00", "kind=a", "sort=span", "seconds__gt=1"):
        assert (await api("GET", f"/unknown?{query}")).status == 400, query


async def test_receivers_and_plain_code_set_and_compare_values_of_unknown_classes(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Unknown)
    hive = bzz.ModelHive("sqlalchemy", Unknown, session_factory=database.factory)
    made = await hive.create({"span": timedelta(hours=1), "kind": Choice("a"), "password": Password(b"x")})
    assert (made.span, made.kind, made.password) == (timedelta(hours=1), Choice("a"), Password(b"x"))
    changes: list[Any] = []

    @pre_update_instance.connect_via(Unknown)
    def change(sender: type, data: dict[str, Any], updated_fields: Any) -> None:
        data["span"] = timedelta(hours=2)
        data["password"] = Password(b"y")

    @post_update_instance.connect_via(Unknown)
    def note(sender: type, updated_fields: Any) -> None:
        changes.append(updated_fields)

    assert (await api("PATCH", "/unknown/1", json_body={})).json["span"] == "2:00:00"
    assert changes[0]["span"] == {"from": timedelta(hours=1), "to": timedelta(hours=2)}
    assert changes[0]["password"]["to"] == Password(b"y")
    asked = Condition("kind", "eq", Choice("a"))

    @pre_get_list.connect_via(Unknown)
    def narrow(sender: type, query: Any) -> None:
        query.where.append(asked)

    assert len((await api("GET", "/unknown")).json) == 1
    asked = Condition("span", "gt", timedelta(hours=3))
    assert (await api("GET", "/unknown")).json == []


async def test_a_required_value_of_an_unknown_class_is_for_receivers_to_set(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Unknown)
    refused = await api("POST", "/unknown", json_body={})
    assert (refused.status, refused.json["errors"]) == (400, {"span": ["is required"]})


@needs_postgres
async def test_types_that_only_postgresql_has_pass_untouched(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Host(Base):
        __tablename__ = "host"
        id: Mapped[int] = mapped_column(primary_key=True)
        address: Mapped[Any] = mapped_column(postgresql.INET)
        network: Mapped[Any] = mapped_column(postgresql.CIDR)
        mac: Mapped[Any] = mapped_column(postgresql.MACADDR)
        ports: Mapped[Any] = mapped_column(postgresql.INT4RANGE)
        grid: Mapped[Any] = mapped_column(postgresql.ARRAY(sa.Integer, dimensions=2))
        words: Mapped[Any] = mapped_column(postgresql.TSVECTOR)
        span: Mapped[Any] = mapped_column(postgresql.INTERVAL)

    if database.sync_engine.dialect.name != "postgresql":
        return
    await mount(api, database, Base, Host)

    @pre_create_instance.connect_via(Host)
    def fill(sender: type, data: dict[str, Any]) -> None:
        data |= {"address": "10.0.0.1", "network": "10.0.0.0/8", "mac": "08:00:2b:01:02:03", "span": timedelta(hours=1)}
        data |= {"ports": postgresql.Range(1, 5), "grid": [[1, 2], [3, 4]], "words": "a b"}

    made = await api.create("/host")
    assert made == {
        "id": "1",
        "address": "10.0.0.1",
        "network": "10.0.0.0/8",
        "mac": "08:00:2b:01:02:03",
        "ports": "[1,5)",
        "grid": [[1, 2], [3, 4]],
        "words": "'a' 'b'",
        "span": "1:00:00",
    }
    assert (await api("PUT", "/host/1", json_body=made)).json == made


class Known(DeclarativeBase):
    pass


class Ticket(Known):
    """Has a key of a class that bzz does not know without being told."""

    __tablename__ = "ticket"
    id = mapped_column(decorated.BinaryUUID, primary_key=True)
    kind = mapped_column(decorated.Chosen)
    span = mapped_column(sa.Interval)


def _hours(raw: Any) -> timedelta:
    return timedelta(hours=float(raw))


TYPES: Any = {
    decorated.BinaryUUID: UUID_,
    decorated.Chosen: Type("choice", Choice, lambda choice: choice.code, python_type=Choice),
    sa.Interval: Type(
        "hours",
        _hours,
        lambda span: span.total_seconds() / 3600,
        operators=("eq", "gt", "exists"),
        sortable=True,
        python_type=timedelta,
    ),
}


async def test_a_hive_tells_how_requests_see_values_of_unknown_classes(api: Api, database: Database) -> None:
    with pytest.raises(TypeError, match=r"Ticket\.id has parts or unknown values"):
        SQLAlchemyProvider(database.factory).describe(Ticket)
    await mount(api, database, Known, Ticket, types=TYPES)
    for key, hours in ((ONE, 1.5), (TWO, 2.0)):
        made = await api.create("/ticket", id=key, kind="a", span=hours)
        assert made == {"id": key, "kind": "a", "span": hours}
    assert (await api("PUT", f"/ticket/{ONE}", json_body={"id": ONE, "kind": "b", "span": 3})).json["span"] == 3
    assert (await api("PATCH", f"/ticket/{ONE}", json_body={"span": [1]})).status == 400
    for query, key in (
        ("kind=b", ONE),
        ("kind__in=a,x", TWO),
        ("span=3", ONE),
        ("span__gt=2.5", ONE),
        (f"id={TWO}", TWO),
    ):
        assert [one["id"] for one in (await api("GET", f"/ticket?{query}")).json] == [key], query
    assert [one["id"] for one in (await api("GET", "/ticket?sort=-span")).json] == [ONE, TWO]
    hive = bzz.ModelHive("sqlalchemy", Ticket, session_factory=database.factory)
    assert (await hive.update(uuid.UUID(ONE), {"kind": Choice("c")})).kind == Choice("c")
    with pytest.raises(Invalid):
        await hive.update(uuid.UUID(ONE), {"span": "long"})
