"""The guides are right: each claim that can be tried is tried over HTTP, on the application that the guide prints."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import tornado.websocket

from bzz.testing import served
from tests.support.client import Api
from tests.support.guides import rows, run, signed_in


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
            "The body is too large; send at most 1000 bytes.",
        )
        assert stale.headers["ETag"]
        assert replies["401", '`POST /api/rule {"text": "x"}`'].headers["WWW-Authenticate"] == "Bearer"
        assert replies["405", "`DELETE /api/rule/1`"].headers["Allow"] == "GET, HEAD, OPTIONS"
        for name, answer in (("Midas", (402, None)), ("Hydra", (429, "5"))):
            reply = await client("POST", "/api/member", json_body={"name": name})
            assert (reply.status, reply.headers.get("Retry-After")) == answer
        typed = await client("POST", "/typed/member", json_body={"name": "Midas"})
        assert (typed.status, typed.json["type"]) == (402, "https://example.com/pay")
        missing = await client("GET", "/nothing/here")
        assert (missing.status, missing.headers["Content-Type"]) == (404, "application/problem+json")


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
