"""Rows that other programs have written in forms of their own."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bzz.providers.sqlalchemy.stored_values import RAW
from tests.providers.sqlalchemy.conftest import Database


class Base(DeclarativeBase):
    pass


class Halved(sa.types.TypeDecorator[int]):
    """Shows half of what it stores."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value * 2

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value // 2


class Reading(Base):
    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    at: Mapped[datetime | None]
    zoned: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    day: Mapped[date | None]
    hour: Mapped[time | None]
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    exact: Mapped[float | None] = mapped_column(sa.Numeric(30, 20, asdecimal=False))
    size: Mapped[float | None]
    number: Mapped[int | None]
    flag: Mapped[bool | None]
    token: Mapped[uuid.UUID | None]
    half: Mapped[int | None] = mapped_column(Halved)


TOKEN = uuid.UUID("0123456789abcdef0123456789abcdef")
ODD: dict[str, dict[str, list[Any]]] = {
    "sqlite": {
        "at": [
            "2024-01-01",
            "2024-01-01 10:00",
            "2024-01-01 10:00:00",
            "2024-01-01T10:00:00",
            "2024-01-01 10:00:00.000000",
            "2024-01-01T10:00:00Z",
            "2024-01-01 10:00:00.5+00:00",
            "2024-01-01 10:00:00.123456789",
        ],
        "zoned": ["2024-01-01 10:00:00", "2024-01-01T10:00:00+02:00", "2024-01-01 08:00:00.000000"],
        "day": ["2024-01-01", "2024-W01-1", "2024-01-02"],
        "hour": ["10:00", "10:00:00", "10:00:00.000", "10:00:00.000000", "T10:00:00"],
        "price": [3, 3.001, 3.002, 3.004, 3.005, 2.999, 10.5],
        "exact": [1, 1.1, 1.1000000000000001],
        "size": [1, 1.5, "much", float("inf"), float("-inf"), b"x"],
        "number": [1, 1.2, 1.4, "many", b"more", 2],
        "flag": [0, 1, 2, 3],
        "token": [TOKEN.hex, TOKEN.hex.upper(), str(TOKEN), str(TOKEN).upper()],
        "half": [1, 2, 3, 4, 5],
    },
    "postgresql": {
        "at": ["2024-01-01 10:00:00", "2024-01-01 10:00:00.123456"],
        "zoned": ["2024-01-01 10:00:00+02", "2024-01-01 08:00:00+00"],
        "hour": ["10:00:00", "10:00:00.5"],
        "price": ["3.00", "NaN", "3.01"],
        "exact": ["0.12345678901234567890", "0.12345678901234567891", "0.12345678901234567"],
        "size": ["NaN", "Infinity", "-Infinity", "0.1"],
        "number": ["1", "2"],
        "half": ["1", "2", "3", "4", "5"],
    },
}
BROKEN: dict[str, dict[str, list[Any]]] = {  # what SQLAlchemy or a driver cannot load
    "sqlite": {
        "at": ["yesterday", 20240101, b"bytes"],
        "day": ["2024-01-02 10:00", 3],
        "hour": [10, "noon"],
        "price": ["dear"],
        "flag": ["maybe"],
        "token": ["none"],
    },
    "postgresql": {"at": ["infinity", "-infinity"], "zoned": ["infinity"], "day": ["infinity", "-infinity"]},
}
FIELDS = [prop.key for prop in Reading.__mapper__.column_attrs if prop.key not in ("id", "name")]


async def fill(database: Database, values: Mapping[str, Mapping[str, list[Any]]] = ODD, count: int = 24) -> int:
    """Write rows by plain SQL, and return how many.

    Args:
        database: an empty database.
        values: by dialect and column.
        count: how many rows to write.
    """
    dialect, choose = database.sync_engine.dialect, random.Random(3)  # noqa: S311  # the same each time
    odd = values[dialect.name]
    rows = [{name: choose.choice([None, *some, *some]) for name, some in odd.items()} for _ in range(count)]
    kinds = {name: Reading.__table__.c[name].type for name in odd} if dialect.name == "postgresql" else {}
    written: dict[str, Any] = {name: sa.cast(sa.bindparam(name, type_=sa.Text()), kind) for name, kind in kinds.items()}
    written |= {name: sa.bindparam(name, type_=RAW) for name in odd if name not in kinds}
    statement = sa.insert(sa.table("reading", sa.column("name"), *map(sa.column, odd))).values(
        name=sa.bindparam("name", type_=sa.Text()), **written
    )

    def write(session: Session) -> None:
        session.execute(statement, [{"name": str(index), **row} for index, row in enumerate(rows)])
        session.commit()

    await database.run(write)
    return len(rows)
