"""Stored values in cursors, genuine and forged."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from bzz.providers.sqlalchemy.stored_values import parse_stored, to_json
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.readings import Base, Reading, fill
from tests.support.client import Api


@pytest.mark.parametrize("value", [1, 1.5, "text", b"bytes", Decimal("1.50"), float("inf"), float("-inf")])
def test_json_carries_each_stored_value(value: Any) -> None:
    read = parse_stored(orjson.loads(orjson.dumps(to_json(value))))
    assert (type(read), read) == (type(value), value)


def test_null_stays_null_and_other_values_become_text() -> None:
    assert to_json(None) is None
    assert to_json(sa.column("x")) == "x"


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
