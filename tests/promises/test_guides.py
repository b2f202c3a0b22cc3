"""The guides are right: each claim that can be tried is tried over HTTP, on the application that the guide prints."""

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
import tornado.websocket
from sqlalchemy import select

from bzz.signals import post_create_instance
from bzz.testing import served
from tests.support.client import Api, Browser, serve
from tests.support.pages import rows, run


def plain(cell: str) -> str:
    return cell.strip("`").replace("`", "")


async def test_each_parameter_of_a_list_finds_what_the_guide_says() -> None:
    page = "guides/filtering-sorting-pagination.md"
    guide = run(page)
    await guide["fill"]()
    async with served(guide["app"]) as client:
        filters, orders, wrong = rows(page, "parameter | finds the books"), rows(page, "parameter | order"), []
        assert len(filters) >= 25
        for parameter, expected, *_ in [*filters, *orders]:
            reply = await client("GET", f"/api/book?{plain(parameter)}")
            if [book["id"] for book in reply.json] != expected.split(", "):
                wrong.append((parameter, reply.json))
        assert wrong == []
        for parameter, message in rows(page, "parameter | `errors`"):
            reply = await client("GET", f"/api/book?{plain(parameter)}")
            [said] = reply.json["errors"][plain(parameter).partition("=")[0]]
            assert (reply.status, said.startswith(plain(message).removesuffix("...").strip(" ,"))) == (400, True)


async def test_a_list_is_paged_counted_shaped_and_searched_as_the_guide_says() -> None:
    guide = run("guides/filtering-sorting-pagination.md")
    await guide["fill"]()
    async with served(guide["app"]) as client:
        assert [book["id"] for book in await guide["all_books"](client.url)] == ["1", "2", "3"]
        counted = await client("GET", "/api/book?per_page=2&count=true")
        assert (len(counted.json), counted.headers["X-Total-Count"]) == (2, "3")
        assert "after=WyJ0aXRs" in counted.headers["Link"]
        assert [(await client("GET", f"/api/book?per_page={n}")).status for n in (100, 101)] == [200, 400]
        cursor = re.findall(r"after=[^>&]+", counted.headers["Link"])[0]
        assert (await client("GET", f"/api/book?per_page=2&sort=year&{cursor}")).status == 400
        assert (await client("GET", f"/api/book?per_page=2&page=2&{cursor}")).status == 400
        shown = await client("GET", "/api/book?fields=id,title&expand=author&author=a")
        assert shown.json == [{"id": "1", "title": "Flatland", "author": {"id": "a", "name": "Abbott"}}]
        assert (await client("GET", "/api/book?search=x")).status == 400
        assert [one["id"] for one in (await client("GET", "/api/book?year=")).json] == ["3"]
        assert [one["id"] for one in (await client("GET", "/api/book?year__in=1884,")).json] == ["1", "3"]
        bot = await client("GET", "/api/book", headers={"User-Agent": "a bot"})
        assert [one["id"] for one in bot.json] == ["1"]
        for text, found in {"sol": ["2", "3"], "maths": ["1"], "nothing": []}.items():
            there = await client("GET", f"/api/book/search?q={text}")
            assert (await client("GET", there.headers["Location"])).json == [
                one for one in (await client("GET", "/api/book")).json if one["id"] in found
            ]


async def signed_in(app: Any, emails: dict[str, str], api: Api) -> list[Browser]:
    at = Api(app, api.client, serve(app))
    browsers = []
    for name, email in emails.items():
        browsers.append(Browser(at, "/api"))
        if email:
            await browsers[-1].sign_in(id=name, email=email)
    return browsers


async def test_permissions_hold_against_other_companies_and_strangers(api: Api) -> None:
    guide = run("guides/permissions.md")
    ada, eve, nobody = await signed_in(guide["app"], {"ada": "ada@acme.example", "eve": "e@evil.example", "": ""}, api)
    page = await ada("POST", "/api/page", json_body={"text": "x"})
    at = f"/api/page/{page.json['id']}"
    assert "draft" not in page.json
    assert [(await nobody("GET", at)).status, (await nobody("PATCH", at, json_body={})).status] == [200, 401]
    assert [(await ada("DELETE", at)).status, (await ada("PATCH", at, json_body={"draft": "y"})).status] == [405, 400]

    invoice = await ada("POST", "/api/invoice", json_body={"cents": 1})
    assert (invoice.status, "company" in invoice.json) == (201, False)
    assert (await eve("POST", "/api/invoice", json_body={"cents": 1, "company": "acme.example"})).status == 400
    at = f"/api/invoice/{invoice.json['id']}"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        for body in ({}, {"cents": 2}):
            tries = [await who(method, at, json_body=body if method[0] == "P" else None) for who in (eve, nobody)]
            assert [one.status for one in tries] == [404, 401]
    listed = await eve("GET", "/api/invoice?count=true&cents=1")
    assert (listed.json, listed.headers["X-Total-Count"]) == ([], "0")
    assert (await ada("GET", at)).json["cents"] == 1
    assert (await ada("DELETE", at)).status == 204

    post = await ada("POST", "/api/post", json_body={"text": "x"})
    at = f"/api/post/{post.json['id']}"
    assert (await eve("GET", at)).json == post.json
    assert [(await eve(m, at, json_body={})).status for m in ("PUT", "PATCH")] == [404, 404]
    assert (await eve("DELETE", at)).status == 404
    assert [(await ada("PUT", at, json_body={"text": text})).status for text in ("HEY", "hey")] == [403, 200]
    assert (await ada("PUT", at, json_body={"owner": "mock:eve"})).status == 400


async def test_the_other_side_of_a_relationship_is_closed_as_the_guide_says(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    guide = run("guides/permissions.md")
    user, note = guide["User"], guide["Note"]
    async with guide["engine"].begin() as connection:
        await connection.run_sync(guide["Base"].metadata.create_all)
    async with guide["sessions"].begin() as session:
        session.add_all([user(id=1, name="ada", password_hash="secret"), user(id=2, name="eve")])
        session.add(note(id=1, text="x", owner_id=1))
    async with served(guide["closed"]) as client:
        attacks = [
            ("POST", "/note/1/owner/notes", {"notes": ["1"]}),
            ("POST", "/user/2/notes", {"notes": ["1"]}),
            ("PUT", "/user/1", {"notes": []}),
            ("POST", "/user", {"name": "new", "notes": ["1"]}),
            ("PUT", "/note/1", {"owner": "2"}),
            ("POST", "/note/1/owner", {"owner": "2"}),
            ("DELETE", "/note/1/owner", None),
        ]
        replies = [(await client(method, path, json_body=body)).status for method, path, body in attacks]
        assert all(400 <= status < 500 for status in replies), replies
        assert (await client("GET", "/note/1")).json["owner"] == "1"
        for path in ("/note?expand=owner", "/note/1/owner", "/user", "/user/1"):
            assert b"secret" not in (await client("GET", path)).body
    await guide["engine"].dispose()
    await asyncio.sleep(0.1)  # threads of aiosqlite tell the loop that they end


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

        let_go = asyncio.Event()
        post_create_instance.connect(lambda sender: let_go.wait(), weak=False)
        waiting = asyncio.ensure_future(client.create("/order", email="eve@example.com"))
        while len(background.tasks) + len(sent) < 2:
            await asyncio.sleep(0)
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
    await guide["engine"].dispose()
    await asyncio.sleep(0.1)


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
    await guide["engine"].dispose()
    await asyncio.sleep(0.1)


async def test_each_error_is_the_problem_document_that_the_guide_shows() -> None:
    guide = run("guides/errors.md")
    async with served(guide["app"]) as client:
        ada = await client.create("/api/member", name="Ada", email="ada@example.com")
        await client.create("/api/member", name="Bob")
        replies: dict[tuple[str, str], Any] = {}
        for status, example, message in rows("guides/errors.md", "status | example"):
            if found := re.fullmatch(r"`(\w+) ([^`\s]+)(?: ([^`]*))?`", example):
                method, path, body = found.groups()
                path = path.replace("ADA", ada["id"])
                reply = await client(method, path, body=body, headers={"Content-Type": "application/json"})
                replies[status, example] = reply
                said = f"{reply.json['detail']} {json.dumps(reply.json.get('errors', ''))}"
                expected = re.findall("`([^`]+)`", message)[0].partition("...")[0]
                assert (reply.status, expected in said) == (int(status), True), (reply.json, expected)
        assert len(replies) == 9
        taken = await client("POST", "/api/member", json_body={"name": "x", "email": "ada@example.com"})
        stale = await client("PUT", f"/api/member/{ada['id']}", json_body={}, headers={"If-Match": '"old"'})
        large = await client("POST", "/api/member", json_body={"name": "x" * 1000})
        other = await client("POST", "/api/member", body="x", headers={"Content-Type": "text/plain"})
        assert [one.status for one in (taken, stale, large, other)] == [409, 412, 413, 415]
        assert (taken.json["errors"], large.json["detail"]) == (
            {"email": ["is taken"]},
            "A body has at most 1000 bytes.",
        )
        assert stale.headers["ETag"]
        assert replies["401", '`POST /api/rule {"text": "x"}`'].headers["WWW-Authenticate"] == "Bearer"
        assert replies["405", "`DELETE /api/rule/1`"].headers["Allow"] == "GET, HEAD, OPTIONS"
        for name, status, after in (("Midas", 402, None), ("Hydra", 429, "5")):
            reply = await client("POST", "/api/member", json_body={"name": name})
            assert (reply.status, reply.headers.get("Retry-After")) == (status, after)
        typed = await client("POST", "/typed/member", json_body={"name": "Midas"})
        assert (typed.status, typed.json["type"]) == (402, "https://example.com/pay")
        missing = await client("GET", "/nothing/here")
        assert (missing.status, missing.headers["Content-Type"]) == (404, "application/problem+json")


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


async def test_a_view_set_of_drf_works_as_translated(api: Api) -> None:
    guide = run("guides/coming-from-drf.md")
    ada, nobody = await signed_in(guide["app"], {"ada": "ada@example.com", "": ""}, api)
    assert (await nobody("POST", "/api/book", json_body={"title": "x"})).status == 401
    made = await ada("POST", "/api/book", json_body={"title": "x"})
    assert (made.status, made.json["owner"]) == (201, "ada")
    at = f"/api/book/{made.json['id']}"
    assert (await nobody("GET", at)).json == made.json
    assert (await ada("PUT", at, json_body={})).json["title"] == "x", "PUT merges"
    assert [(await who("POST", f"{at}/read", body=b"")).status for who in (nobody, ada)] == [401, 200]
    assert (await nobody("GET", at)).json["reads"] == 1


async def test_endpoints_of_fastapi_work_as_translated() -> None:
    guide = run("guides/coming-from-fastapi.md")
    async with served(guide["app"]) as client:
        refused = await client("POST", "/api/book", json_body={"title": " "})
        assert (refused.status, refused.json["errors"]) == (400, {"title": ["is empty"]})
        book = await client.create("/api/book", title="x")
        await asyncio.gather(*guide["tasks"])
        assert guide["indexed"] == [book["id"]]
        assert (await client("GET", "/ping")).json == {"pong": True}


async def test_hooks_of_feathers_work_as_translated() -> None:
    guide = run("guides/coming-from-feathers.md")
    async with served(guide["app"]) as client:
        socket = await tornado.websocket.websocket_connect(client.url.replace("http", "ws") + "/live")
        assert (await client("POST", "/api/book", json_body={"title": " "})).json["detail"] == "Empty title"
        book = await client.create("/api/book", title=" x ")
        assert book["title"] == "x"
        await client("DELETE", f"/api/book/{book['id']}")
        told = [json.loads(str(await socket.read_message())) for _ in range(2)]
        assert told == [{"event": event, "id": book["id"]} for event in ("created", "removed")]
        assert guide["log"] == [("create", "Empty title"), ["book"], [f"book/{book['id']}"]]
        socket.close()


async def test_no_request_gets_around_the_recipes_as_printed(api: Api) -> None:
    recipes = run("guides/recipes.md")
    ada, bob, eve, nobody = ({"X-User": user} for user in ("ada@acme", "bob@acme", "eve@evil", ""))
    async with served(recipes["app"]) as client:
        made = await client("POST", "/api/document", json_body={"title": "Once"}, headers=ada)
        at = f"/api/document/{made.json['id']}"
        for who, reading, writing in ((eve, 404, 404), (nobody, 404, 404), (bob, 200, 403)):
            assert (await client("GET", at, headers=who)).status == reading
            assert (await client("HEAD", f"{at}?fields=title", headers=who)).status == reading
            for method in ("PUT", "PATCH"):
                for body in ({}, {"text": "x"}):
                    assert (await client(method, at, json_body=body, headers=who)).status == writing
                assert (await client(method, at, json_body={"tenant": "evil"}, headers=who)).status == 400
            assert (await client("DELETE", at, headers=who)).status == writing
            listed = await client("GET", "/api/document?count=true&title__contains=O&sort=-text", headers=who)
            assert (listed.json != [], listed.headers["X-Total-Count"] != "0") == (who is bob, who is bob)
        for who in (ada, bob, eve):
            for field in ("tenant", "owner"):
                body = {"title": "x", field: "acme"}
                assert (await client("POST", "/api/document", json_body=body, headers=who)).status == 400
        taken = await client("POST", "/api/document", json_body={"title": "x", "id": made.json["id"]}, headers=eve)
        assert taken.status in {400, 409}
        assert (await client("GET", at, headers=ada)).json == made.json
        assert (await client("DELETE", at, headers=ada)).status == 204
