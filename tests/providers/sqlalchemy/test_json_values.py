"""JSON columns: whatever a writer stored, replies show it, and a body can bring it back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import tornado.ioloop
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Measured(Base):
    __tablename__ = "measured"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    free: Mapped[Any | None] = mapped_column(sa.JSON().with_variant(postgresql.JSONB(), "postgresql"))
    amount: Mapped[Decimal | None] = mapped_column(sa.Numeric(38, 6))
    height: Mapped[float | None]


HEADERS = {"Content-Type": "application/json"}
TOO_LONG = [
    '{"free": 1234567890123456.78}',
    '{"free": [{"a": 0.12345678901234567890}]}',
    '{"height": 0.1234567890123456789}',
    '{"height": 9007199254740993}',
]


@pytest.fixture
def measured(api: Api, database: Database, io_loop: tornado.ioloop.IOLoop) -> Api:
    served: Api = io_loop.run_sync(lambda: mount(api, database, Base, Measured))
    return served


@pytest.mark.parametrize(
    "text", ["1e22", "18446744073709551616", "-1e300", "0.30000000000000004", '[1e22, {"a": 1E25}]']
)
async def test_a_number_in_free_form_json_is_stored_shown_and_taken_back(measured: Api, text: str) -> None:
    made = await measured("POST", "/measured", body=f'{{"free": {text}}}', headers=HEADERS)
    assert made.status == 201
    exact = json.loads(text, parse_float=Decimal)  # JSONB shows 1e25 as an integer
    assert made.json["free"] in (json.loads(text), exact)
    assert (await measured("GET", "/measured")).json == [made.json]
    again = await measured("PUT", "/measured/1", body=made.body, headers=HEADERS)
    assert (again.status, again.json, again.headers["ETag"]) == (200, made.json, made.headers["ETag"])


@pytest.mark.parametrize(
    "stored",
    [
        '{"a": 123456789012345678901234567890}',
        '["\\ud800"]',
        '"\\udfff and more"',
        '{"\\ud800": 1}',
        "[" * 300 + "]" * 300,
    ],
)
async def test_json_of_another_writer_never_makes_a_reply_fail(measured: Api, database: Database, stored: str) -> None:
    if database.sync_engine.dialect.name == "postgresql" and "\\u" in stored:
        pytest.skip("JSONB refuses lone surrogates")

    def write(session: Session) -> None:
        session.execute(sa.text("INSERT INTO measured (id, name, free) VALUES (1, 'x', :stored)"), {"stored": stored})
        session.commit()

    await database.run(write)
    listed, got = await measured("GET", "/measured"), await measured("GET", "/measured/1")
    assert (listed.status, got.status, listed.json) == (200, 200, [got.json])
    again = await measured("PUT", "/measured/1", body=got.body, headers=HEADERS)
    assert again.status in (200, 400), "a body may not be as deep"
    assert (await measured("PUT", "/measured/1", json_body={"name": "y"})).json == got.json | {"name": "y"}


async def test_a_number_that_loses_digits_is_refused_unless_the_field_keeps_them(
    measured: Api, database: Database
) -> None:
    async def post(body: str) -> Any:
        return await measured("POST", "/measured", body=body, headers=HEADERS)

    for body in TOO_LONG:
        refused = await post(body)
        assert refused.status == 400
        assert "send it as text" in json.dumps(refused.json["errors"])
    if database.sync_engine.dialect.name == "postgresql":
        made = await post('{"amount": 1234567890123456.78}')
        assert (made.status, made.json["amount"]) == (201, "1234567890123456.780000")
        assert (await post('{"amount": 18446744073709551616}')).json["amount"] == "18446744073709551616.000000"
