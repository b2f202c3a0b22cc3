"""The request id, in replies, signals and log records."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

import pytest

from bzz.signals import pre_create_instance
from bzz.signals.request_ids import RequestIdFilter, choose_id, request_id
from tests.support.client import Api


@pytest.mark.parametrize("given", ["a", "A-z_0.9", "x" * 128])
def test_a_valid_id_is_kept(given: str) -> None:
    assert choose_id(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", "a\n", "a,b", "\u0661", "<x>"])
def test_any_other_is_replaced_by_a_uuid(given: str | None) -> None:
    assert UUID(choose_id(given)).version == 4


async def test_a_request_its_reply_and_its_signals_have_one_id(users: Api) -> None:
    seen: list[Any] = []

    @pre_create_instance.connect
    async def receive(sender: Any, handler: Any, request_id: str) -> None:
        await asyncio.sleep(0)
        seen.append((request_id, handler.request_id))

    given = [f"request-{number}" for number in range(20)]
    replies = await asyncio.gather(
        *(users("POST", "/user", json_body={"name": "x"}, headers={"X-Request-ID": each}) for each in given)
    )
    assert [reply.headers["X-Request-ID"] for reply in replies] == given
    assert sorted(seen) == sorted((each, each) for each in given)
    made = (await users("GET", "/user")).headers["X-Request-ID"]
    assert UUID(made)
    assert (await users("GET", "/user", headers={"X-Request-ID": "no good"})).headers["X-Request-ID"] != "no good"
    assert request_id.get() is None


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("POST /user", b"{", 400),
        ("GET /user/nobody", None, 404),
        ("DELETE /user", None, 405),
        ("BREW /user", None, 405),
        ("POST /user", b"x" * 1_048_577, 413),
    ],
)
async def test_an_error_reply_and_its_log_records_have_the_id(
    users: Api, request_line: str, body: bytes | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await users(*request_line.split(), body=body, headers={"X-Request-ID": "mine"})
    assert (reply.status, reply.headers["X-Request-ID"]) == (status, "mine")
    records = [record for record in caplog.records if record.name.startswith("tornado")]
    assert "tornado.access" in {record.name for record in records}
    assert {vars(record)["request_id"] for record in records} == {"mine"}


def test_a_log_format_may_have_the_id(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(request_id)s %(message)s"))
    handler.addFilter(RequestIdFilter())
    logger = logging.getLogger("tests.mine")
    logger.addHandler(handler)
    logger.propagate = False
    logger.warning("outside")
    token = request_id.set("mine")
    logger.warning("inside")
    logger.warning("another's", extra={"request_id": "theirs"})
    request_id.reset(token)
    assert capsys.readouterr().err == "- outside\nmine inside\ntheirs another's\n"
