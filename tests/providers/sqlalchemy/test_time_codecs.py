"""Columns with dates and times, by themselves and over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bzz.signals import pre_create_instance, pre_update_instance
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.kinds import codec
from tests.support.client import Api

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)


class Times(DeclarativeBase):
    pass


class Call(Times):
    __tablename__ = "call"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(
        sa.DateTime().with_variant(postgresql.TIMESTAMP(precision=0), "postgresql")
    )
    zoned: Mapped[datetime | None] = mapped_column(
        sa.DateTime(timezone=True).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
    )
    of_day: Mapped[time | None] = mapped_column(sa.Time().with_variant(postgresql.TIME(precision=1), "postgresql"))


async def test_a_time_is_brought_to_what_its_column_stores_when_it_is_typed(api: Api, database: Database) -> None:
    await mount(api, database, Times, Call)
    told: list[Any] = []

    @pre_create_instance.connect_via(Call)
    def note(sender: type, data: dict[str, Any]) -> None:
        told.append(data["at"])

    made = await api.create(
        "/call", at="2026-01-02T03:04:05.678901Z", zoned="2026-01-02T03:04:05.678901Z", of_day="03:04:05.678901"
    )
    if database.sync_engine.dialect.name == "postgresql":
        assert told == [AT.replace(microsecond=0)]
        assert (made["at"], made["zoned"]) == ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678000Z")
        assert made["of_day"] == "03:04:05.600000"
    for name in ("at", "zoned", "of_day"):
        assert len((await api("GET", f"/call?{name}={made[name]}")).json) == 1
    changes: list[Any] = []

    @pre_update_instance.connect_via(Call)
    def note_changes(sender: type, updated_fields: Any) -> None:
        changes.append(updated_fields)

    assert (await api("PUT", "/call/1", json_body=made)).json == made
    assert changes == [{}]


async def test_a_condition_on_a_time_compares_exactly(api: Api, database: Database) -> None:
    await mount(api, database, Times, Call)
    await api.create("/call", at="2026-01-02T03:04:05Z", of_day="03:04:05")
    for name, shown in (("at", "2026-01-02T03:04:05"), ("of_day", "03:04:05")):
        for query, count in ((f"{name}={shown}.4", 0), (f"{name}__lt={shown}.4", 1), (f"{name}__gte={shown}.4", 0)):
            assert len((await api("GET", f"/call?{query}")).json) == count, query


@pytest.mark.parametrize(
    ("kind", "dialect", "micros"),
    [
        (postgresql.TIMESTAMP(precision=0), "postgresql", 0),
        (postgresql.TIMESTAMP(precision=4), "postgresql", 678900),
        (postgresql.TIMESTAMP(precision=6), "postgresql", 678901),
        (sa.DateTime(), "postgresql", 678901),
        (sa.DateTime(), "mysql", 0),
        (mysql.DATETIME(fsp=2), "mysql", 670000),
        (mysql.TIMESTAMP(fsp=6), "mysql", 678901),
        (sa.DateTime(), "sqlite", 678901),
    ],
)
def test_a_column_keeps_as_much_of_a_second_as_its_database(kind: Any, dialect: str, micros: int) -> None:
    known = codec(kind, dialect).type
    assert known.parse(AT.isoformat()).microsecond == micros
    assert known.unbounded.parse(AT).microsecond == 678901


def test_a_time_of_day_keeps_as_much_of_a_second_as_its_database() -> None:
    assert codec(mysql.TIME(), "mysql").type.parse("01:02:03.4") == time(1, 2, 3)
    assert codec(postgresql.TIME(precision=1), "postgresql").type.parse("01:02:03.45") == time(1, 2, 3, 400000)


def test_a_time_with_an_offset_is_shown_in_utc() -> None:
    known = codec(sa.Time(timezone=True), "postgresql")
    assert known.decode is not None
    assert known.decode(time(1, tzinfo=timezone(timedelta(hours=2)))) == time(23)


def test_a_type_that_converts_times_cuts_them_as_the_column_beneath_does() -> None:
    class Aware(sa.types.TypeDecorator[datetime]):
        impl = sa.DateTime
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value.replace(tzinfo=UTC)

    assert codec(Aware, "mysql", datetime).type.parse(AT) == AT.replace(microsecond=0)
    assert codec(Aware, "postgresql", datetime).type.parse(AT) == AT
