"""The guides about running an application are right: each claim is tried on the application that the guide prints."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from bzz.signals import post_create_instance
from bzz.testing import served
from tests.support.client import Api
from tests.support.guides import dispose, run, signed_in


async def test_background_work_goes_on_after_the_reply_and_an_outbox_is_written_with_the_sale(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    guide = run("guides/background-work.md")
    background, sent = guide["background"], guide["sent"]
    async with served(guide["app"]) as client:
        order = await client.create("/order", email="ada@example.com")
        assert (len(background.tasks), sent) == (1, [])
        await background.wait(seconds=10)
        assert (background.tasks, sent) == (set(), [(order["id"], "ada@example.com")])

        async def fail() -> None:
            raise LookupError("no such mailbox")

        background.start(fail())
        await background.wait(seconds=10)
        assert "no such mailbox" in caplog.text

        called, let_go = asyncio.Event(), asyncio.Event()

        async def hold(sender: type) -> None:
            called.set()
            await let_go.wait()

        post_create_instance.connect(hold)
        waiting = asyncio.ensure_future(client.create("/order", email="eve@example.com"))
        await called.wait()
        await background.wait(seconds=10)
        assert not waiting.done(), "the reply waits for the receiver"
        let_go.set()
        await waiting

    async with guide["engine"].begin() as connection:
        await connection.run_sync(guide["Base"].metadata.create_all)
    async with served(guide["shop"]) as client:
        await client.create("/sale", email="ada@example.com")
        assert (await client("POST", "/sale", json_body={"email": "x" * 300})).status == 400
    assert [await guide["work_once"](), await guide["work_once"]()] == [True, False]
    assert sent[-1][1] == "ada@example.com"
    await dispose(guide["engine"])


async def test_transactions_are_whole_and_a_loop_tells_of_each_item(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    guide = run("guides/transactions-and-bulk.md")
    async with guide["engine"].begin() as connection:
        await connection.run_sync(guide["Base"].metadata.create_all)
    told: list[int] = []
    guide["transferred"].connect(lambda sender, cents: told.append(cents), weak=False)
    async with served(guide["app"]) as client:
        one = await client.create("/api/account", owner="ada", cents=10)
        two = await client.create("/api/account", owner="eve")
        assert (await client("POST", "/api/account", json_body={"owner": "bob", "cents": -1})).status == 400
        async with guide["sessions"]() as session:
            entries = [entry.text for entry in await session.scalars(select(guide["Entry"]))]
        assert entries == ["account for ada", "account for eve"]
        moves = [(1, 2, 4), (1, 2, 7), (1, 3, 1), (1, 2, -1), ("1", 2, 1)]
        bodies = [{"from": source, "to": target, "cents": cents} for source, target, cents in moves]
        replies = [await client("POST", "/api/transfer", json_body=body) for body in bodies]
        assert [reply.status for reply in replies] == [200, 409, 404, 400, 400]
        held = [(await client("GET", f"/api/account/{key['id']}")).json["cents"] for key in (one, two)]
        assert (held, told) == ([6, 4], [4])

        assert (await client("POST", "/api/book", json_body=[{"title": "x"}])).status == 400
        items = [{"title": "x"}, {"title": "y", "checked": True}, {"title": 3}, "z"]
        results = (await client("POST", "/api/book/import", json_body={"items": items})).json["results"]
        assert [result["status"] for result in results] == [201, 400, 400, 400]
        assert results[2]["errors"] == {"title": ["expected a string"]}
        assert [book["title"] for book in (await client("GET", "/api/book")).json] == ["x"]
        assert (await client("POST", "/api/book/import", json_body={"items": [{}] * 501})).status == 400
    await dispose(guide["engine"])


async def test_files_come_as_base64_or_to_a_handler_beside_the_model(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    guide = run("guides/files.md")
    async with served(guide["app"]) as client:
        team = await client.create("/api/team", name="x", icon="AQI=")
        at, png = f"/api/team/{team['id']}", {"Content-Type": "image/png"}
        assert [one["icon"] for one in (await client("GET", "/api/team?icon__exists=true")).json] == ["AQI="]
        assert (await client("PATCH", at, json_body={"icon": "no base64"})).status == 400
        form = b'--b\r\nContent-Disposition: form-data; name="icon"; filename="a.png"\r\n\r\nx\r\n--b--\r\n'
        multipart = {"Content-Type": "multipart/form-data; boundary=b"}
        assert (await client("PATCH", at, body=form, headers=multipart)).status == 415
        full, beyond = [base64.b64encode(bytes(size)).decode() for size in (780_000, 790_000)]
        assert [(await client("PATCH", at, json_body={"icon": one})).status for one in (full, beyond)] == [200, 413]
        assert (await client("GET", f"{at}/logo")).status == 404
        assert (await client("PUT", f"{at}/logo", body=b"<p>", headers={"Content-Type": "text/html"})).status == 415
        assert (await client("PUT", "/api/team/nobody/logo", body=b"1", headers=png)).status == 404
        for content in (b"one", b"two"):
            assert (await client("PUT", f"{at}/logo", body=content, headers=png)).status == 204
            got = await client("GET", f"{at}/logo")
            assert (got.body, got.headers["Content-Type"], len([*tmp_path.glob("uploads/*")])) == (
                content,
                "image/png",
                1,
            )
        assert (await client("PATCH", at, json_body={"logo": "../../etc/passwd"})).status == 400
        assert (await client("DELETE", at)).status == 204
        assert [*tmp_path.glob("uploads/*")] == []


async def test_a_limit_answers_429_until_the_time_that_it_says() -> None:
    guide = run("guides/rate-limiting.md")
    now = [0.0]
    for limit in (guide["reads"], guide["writes"], guide["daily"]):
        limit.clock = lambda: now[0]
    async with served(guide["app"]) as client:
        for _ in range(10):
            await client.create("/api/note", text="x")
        refused = await client("POST", "/api/note", json_body={"text": "x"})
        assert (refused.status, refused.headers["Retry-After"], refused.json["status"]) == (429, "1", 429)
        assert (await client("GET", "/api/note")).status == 200, "reads are counted apart"
        now[0] += 1
        by_receiver = await client("POST", "/api/note", json_body={"text": "x"})
        assert (by_receiver.status, by_receiver.headers["Retry-After"]) == (429, "8639")
        assert (await client("PUT", "/api/note/nobody", json_body={})).status == 429
        now[0] += 10
        assert (await client("PUT", "/api/note/nobody", json_body={})).status == 404
        now[0] += 86_400
        await client.create("/api/note", text="x")
        assert [(await client("GET", "/api/note")).status for _ in range(101)][-2:] == [200, 429]


async def test_browsers_of_other_origins_get_what_the_guide_says(api: Api) -> None:
    guide = run("guides/cors.md")
    app, evil = {"Origin": "https://app.example.com"}, {"Origin": "https://evil.example"}
    async with served(guide["public"]) as client:
        ask = {"Access-Control-Request-Method": "PUT"}
        preflight = await client("OPTIONS", "/public/note/1", headers={**app, **ask})
        assert (preflight.status, preflight.headers["Access-Control-Allow-Methods"][-6:]) == (204, "DELETE")
        for reply in (preflight, *[await client("GET", f"/public/note{end}", headers=app) for end in ("", "/none")]):
            assert reply.headers["Access-Control-Allow-Origin"] == app["Origin"]
            assert "Origin" in reply.headers["Vary"]
        assert "Access-Control-Allow-Origin" not in (await client("GET", "/public/note", headers=evil)).headers
    [ada] = await signed_in(guide["app"], {"ada": "ada@example.com"}, api)
    tries = [await ada("POST", "/api/note", json_body={"text": "x"}, headers=origin) for origin in (app, evil)]
    assert [reply.status for reply in tries] == [201, 403]
    bearer = {"Authorization": f"Bearer {ada.cookies['AUTH_TOKEN']}"}
    reply = await ada.api("POST", "/api/note", json_body={"text": "x"}, headers={**evil, **bearer})
    assert reply.status == 201


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root, level, handlers = logging.getLogger(), logging.getLogger().level, [*logging.getLogger().handlers]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.mark.usefixtures("_logging_as_before")
async def test_logs_have_the_request_id_and_receivers_measure() -> None:
    guide = run("guides/logging-and-metrics.md")
    written = guide["handler"].setStream(io.StringIO()) and guide["handler"].stream
    async with served(guide["app"]) as client:
        await client("POST", "/api/order", json_body={"items": 3}, headers={"X-Request-ID": "mine"})
        await client("GET", "/api/order/nobody", headers={"X-Request-ID": "other"})
        assert "INFO mine orders an order of 3 items" in written.getvalue()
        assert re.search(r"INFO mine tornado.access order POST 201 0\.\d+", written.getvalue())
        assert "WARNING other tornado.general 404 GET /api/order/nobody" in written.getvalue()
        assert sorted(guide["requests"]) == [("order", "GET", 404), ("order", "POST", 201)]
        assert sorted(guide["calls"]) == [
            ("memory", "create", "Order", "ok"),
            ("memory", "get", "Order", "NotFound"),
        ]
        assert (guide["running"], guide["sold"]) == ({"now": 0}, {"items": 3})

        def fail(sender: type) -> None:
            raise LookupError("away")

        post_create_instance.connect(fail)
        assert (await client("POST", "/api/order", json_body={"items": 1})).status == 201
        assert re.search(r"ERROR [\w-]{36} bzz .*fail", written.getvalue())
    record = logging.LogRecord("orders", logging.INFO, "", 1, "say %s", ("it",), None)
    record.request_id = "mine"
    said = json.loads(guide["JSONFormatter"]().format(record))
    assert (said["request_id"], said["message"]) == ("mine", "say it")
    guide["request_id"].set("mine")
    assert guide["headers_for_other_services"]() == {"X-Request-ID": "mine"}


@pytest.mark.usefixtures("_logging_as_before")
async def test_the_metrics_for_prometheus_tell_what_happened() -> None:
    pytest.importorskip("prometheus_client")
    guide = run("guides/logging-and-metrics.md", "py(?:thon)?")
    async with served(guide["measured"]) as client:
        await client.create("/api/order", items=3)
        metrics = (await client("GET", "/metrics")).body.decode()
    assert 'http_request_seconds_count{method="POST",resource="order",status="201"} 1.0' in metrics
    assert 'store_call_seconds_count{model="Order",operation="create"} 1.0' in metrics
