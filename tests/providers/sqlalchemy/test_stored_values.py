"""Stored values in cursors, genuine and forged."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bzz.providers.sqlalchemy.stored_values import as_stored, is_exact, stored_clause
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.readings import Base, Halved, Reading, fill
from tests.support.client import Api


class Renamed(sa.types.TypeDecorator[float]):
    """Converts nothing."""

    impl = sa.Double
    cache_ok = True


def test_a_type_that_converts_nothing_is_as_exact_as_the_type_beneath() -> None:
    assert is_exact(Renamed(), "sqlite")
    assert not is_exact(Halved(), "sqlite")
    assert not is_exact(sa.Float(), "mysql")


def test_postgresql_compares_what_is_stored_by_its_text() -> None:
    columns: list[Any] = [sa.column("x", sa.Numeric(10, 2))]
    assert str(as_stored(columns[0], "postgresql")) == "CAST(x AS TEXT)"
    clause = stored_clause(columns, "gt", "1.5", "postgresql")
    assert str(clause.compile(dialect=postgresql.dialect())) == "x > CAST(%(param_1)s::VARCHAR AS NUMERIC(10, 2))"  # type: ignore[no-untyped-call]


FORGED = [
    {"stored": 2**63},
    {"stored": [1, 2]},
    {"stored": {"bytes": "!"}},
    {"stored": {"float": "much"}},
    {"stored": {"decimal": "much"}},
    {"stored": {"bytes": "eA==", "float": "1"}},
    {"stored": {"$gt": "1"}},
    {"stored": None},
    {"stored": True},
]


@pytest.mark.parametrize("shown", FORGED)
async def test_a_forged_cursor_is_refused(api: Api, database: Database, shown: Any) -> None:
    await mount(api, database, Base, Reading)
    await fill(database)
    for sort in ("number", "at", "size"):
        after = base64.urlsafe_b64encode(orjson.dumps([f"{sort},id", [shown, "1"]])).decode().rstrip("=")
        assert (await api("GET", f"/reading?sort={sort}&after={after}")).status == 400


async def test_a_forged_value_is_only_compared(api: Api, database: Database) -> None:
    await mount(api, database, Base, Reading)
    await fill(database)
    for value in ("x' OR 1=1 --", 3, {"float": "nan"}, {"decimal": "3"}, {"bytes": "eA=="}, "\0", "9" * 400):
        after = base64.urlsafe_b64encode(orjson.dumps(["size,id", [{"stored": value}, "1"]])).decode().rstrip("=")
        assert (await api("GET", f"/reading?sort=size&after={after}")).status in (200, 400), value
