"""The documentation is right: its Python blocks run, its links lead somewhere, its reference is complete."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import re
import runpy
from pathlib import Path
from typing import Any

import mongoengine
import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.testing
import tornado.web
import tornado.websocket

import bzz
from bzz.exceptions import Forbidden
from bzz.signals import post_create_instance
from tests.support.client import Api, Browser, serve
from tests.support.models import Country
from tests.support.pages import ROOT, blocks, run

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PUBLIC = {  # packages, each with its page of the reference
    "bzz": "bzz",
    "bzz.auth": "auth",
    "bzz.exceptions": "exceptions",
    "bzz.providers": "providers",
    "bzz.signals": "signals",
    "bzz.testing": "testing",
    "bzz.testing.conformance": "testing",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_blocks_of_a_page_run(page: Path) -> None:
    run(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_to_files_that_exist(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_dotted_names_of_bzz_on_a_page_exist(page: Path) -> None:
    for name in sorted({*re.findall(r"(?<![(/])\bbzz(?:\.\w+)+", page.read_text())}):
        assert pkgutil.resolve_name(name) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_fits_a_narrow_screen(page: Path) -> None:
    code = [line for language, block in blocks(page) if language == "python" for line in block.splitlines()]
    assert [line for line in code if len(line) > 88] == []


async def test_the_recipes_do_what_they_say(api: Api) -> None:
    recipes = run(ROOT / "docs" / "guides" / "recipes.md")
    api.mount(list(recipes["app"].wildcard_router.rules))
    ada, eve = {"X-User": "ada@acme"}, {"X-User": "eve@evil"}
    assert (await api("POST", "/api/document", json_body={"title": " "}, headers=ada)).json["errors"] == {
        "title": ["is empty"]
    }
    assert (await api("POST", "/api/document", json_body={"title": "x"})).status == 401
    assert (await api("POST", "/api/document", json_body={"title": "x", "owner": "eve"}, headers=ada)).status == 400
    made = await api("POST", "/api/document", json_body={"title": "Once"}, headers=ada)
    assert (made.status, made.json["owner"], "tenant" in made.json) == (201, "ada", False)
    path = f"/api/document/{made.json['id']}"
    assert (await api("GET", "/api/document", headers=ada)).json == [made.json]
    assert (await api("GET", "/api/document", headers=eve)).json == []
    assert [(await api("GET", path, headers=who)).status for who in (ada, eve)] == [200, 404]
    assert (await api("PUT", path, json_body={"text": "x"}, headers=eve)).status == 404
    assert (await api("PUT", path, json_body={"text": "x"}, headers={"X-User": "bob@acme"})).status == 403
    recipes["cache"][made.json["id"]] = "cached"
    assert (await api("PUT", path, json_body={"title": ""}, headers=ada)).status == 400
    assert recipes["cache"]
    assert (await api("PUT", path, json_body={"text": "upon"}, headers=ada)).status == 200
    assert not recipes["cache"]
    assert (await api("DELETE", path, headers=ada)).status == 204
    assert (await api("GET", path, headers=ada)).status == 404
    trail = [(entry.what.split()[0], entry.who, entry.fields) for entry in await recipes["audit"].list()]
    assert sorted(trail, key=str) == [
        ("created", "ada", {}),
        ("deleted", "ada", {}),
        ("updated", "ada", {"text": {"from": "", "to": "upon"}}),
    ]
    assert recipes["seconds"]["memory", "create", "Document", True]
    assert recipes["seconds"]["memory", "get", "Document", False], "what is gone"


async def test_handlers_of_ones_own_act_as_the_page_says(api: Api) -> None:
    page = await asyncio.to_thread(run, ROOT / "docs" / "guides" / "in-process.md")
    api.mount(list(page["app"].wildcard_router.rules))
    ada = await page["members"].create({"name": "Ada"})
    promoted = await api("POST", f"/promote/{ada.id}", body=b"", headers={"X-Request-ID": "mine"})
    assert (promoted.json, promoted.headers["X-Request-ID"]) == ({"name": "Dr Ada"}, "mine")
    missing = await api("POST", "/promote/nobody", body=b"")
    assert (missing.status, missing.json["detail"]) == (404, "There is no such instance.")
    socket = await tornado.websocket.websocket_connect(api.url.replace("http", "ws") + "/live")
    await socket.write_message('{"name": "Bob"}')
    assert "id" in json.loads(str(await socket.read_message()))
    await socket.write_message('{"name": "Eve", "nme": "Eve"}')
    assert json.loads(str(await socket.read_message()))["errors"] == {"nme": ["unknown field"]}
    socket.close()
    assert {member.name async for member in page["everybody"]()} == {"Dr Ada", "Bob"}


@pytest.mark.usefixtures("mongodb")
async def test_the_page_about_authentication_does_what_it_says(api: Api) -> None:
    page = run(ROOT / "docs" / "guides" / "authentication.md")
    api = Api(page["app"], api.client, serve(page["app"]))
    ada, eve, nobody = Browser(api, "/api"), Browser(api, "/api"), Browser(api, "/api")
    assert (await nobody("POST", "/api/note", json_body={"text": "x"})).status == 401
    await ada.sign_in(id="1", email="ada@example.com", name="Ada")
    await eve.sign_in(id="2", email="eve@evil.example")
    made = await ada("POST", "/api/note", json_body={"text": "x"})
    assert (made.status, made.json["owner"]) == (201, "mock:1")
    at = f"/api/note/{made.json['id']}"
    assert [(await who("PUT", at, json_body={"text": "y"})).status for who in (ada, eve, nobody)] == [200, 403, 401]
    assert [(await who("DELETE", at)).status for who in (eve, nobody)] == [403, 401]
    assert (await nobody("GET", at)).json["text"] == "y"
    roles = [(await who("GET", "/api/auth/me/")).json["userData"]["role"] for who in (ada, eve)]
    assert roles == ["editor", "reader"]
    assert [(await who("GET", "/whoami")).status for who in (ada, nobody)] == [200, 401]
    assert [(await who("GET", "/greeting")).json["hello"] for who in (ada, nobody)] == ["1", None]
    stolen = dict(ada.cookies)
    await ada("POST", "/api/auth/signout/", body=b"")
    ada.cookies = stolen
    assert (await ada("GET", "/api/auth/me/")).json == {"authenticated": False}
    passwords = [{"password": "s3cret"}, {"password": "wrong"}, {"password": "s3cret", "user": "eve"}, {}]
    given = [{"provider": "password", "user": "ada", **password} for password in passwords]
    replies = [await nobody("POST", "/staff/auth/signin/", json_body=credentials) for credentials in given]
    assert [reply.status for reply in replies] == [200, 401, 401, 400]
    for _ in range(3):
        await nobody("POST", "/staff/auth/signin/", json_body=given[1])
    assert (await nobody("POST", "/staff/auth/signin/", json_body=given[0])).status == 429


async def test_the_page_about_mocks_does_what_it_says(api: Api) -> None:
    page = run(ROOT / "docs" / "guides" / "mocks.md")
    mocked = api.mount(page["mocks"])
    assert (await mocked("GET", "/api/team/7")).json == {"id": "7", "name": "Team 7"}
    assert (await mocked("POST", "/api/team", json_body={})).headers["X-Created-Id"] == "2"
    missing = await mocked("GET", "/api/team/404/")
    assert (missing.status, missing.headers["Content-Type"]) == (404, "application/problem+json")
    real = Api(page["app"], api.client, serve(page["app"]))
    assert (await real("GET", "/api/team")).json == []
    assert (await real("POST", "/api/team", json_body={"name": "Engine"})).json["id"] != "2"
    assert (await real("PUT", "/api/health", body=b"")).status == 200


@pytest.mark.parametrize(("package", "page"), PUBLIC.items())
def test_the_reference_shows_the_names_of_a_public_package_and_no_others(package: str, page: str) -> None:
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text()
    name = rf"{re.escape(package)}\.(\w+)"
    entries = re.findall(rf"^\.\. (?:auto(?!module)\w+|py:data):: {name}$", text, re.MULTILINE)
    rows = re.findall(rf"^\| `(?:{name}|([A-Z_]+))` \|", text, re.MULTILINE)
    assert sorted([*entries, *map("".join, rows)]) == sorted(importlib.import_module(package).__all__)


def test_the_tables_of_the_signals_are_made_of_their_declarations() -> None:
    tables = runpy.run_path(str(ROOT / "docs" / "tables.py"))
    page = tables["PAGE"].read_text()
    assert tables["renewed"](page) == page, "renew the tables of docs/guides/signals.md: python docs/tables.py"
    [everywhere] = re.findall(r"^Every signal offers the keyword .*?\n\n", page, re.MULTILINE | re.DOTALL)
    assert {*re.findall(r"`([a-z]+|request_id)`", everywhere)} == tables["common"](tables["of_acts"]())
    for name, signal in tables["own"]().items():
        [row] = [row for row in page.splitlines() if row.startswith(f"| `{name}` |") and row.count(" | ") == 3]
        assert all(f"`{keyword}`" in row + everywhere for keyword in signal.keywords)
        assert all(meaning.replace("``", "`") in page for meaning in signal.keywords.values())


@pytest.mark.parametrize(
    ("body", "refusing", "sent"),
    [
        ({"name": "Ada"}, "", "pre_create_instance post_create_instance 201"),
        ({"name": "Ada"}, "pre_create_instance", "pre_create_instance request_failed 403"),
        ({"name": "Ada", "email": "taken"}, "", "pre_create_instance request_failed 409"),
        ({"code": "xyz"}, "", "pre_create_instance request_failed 400"),
        ({"name": "Ada"}, "post_create_instance", "pre_create_instance post_create_instance 201"),
        ({"nme": "Ada"}, "", "400"),
    ],
    ids=["all goes well", "pre_ raises", "the store refuses", "the model refuses", "post_ raises", "wrong body"],
)
async def test_signals_are_sent_as_their_page_draws_it(users: Api, body: Any, refusing: str, sent: str) -> None:
    users.mount(bzz.ModelHive.routes_for("memory", Country))
    assert (await users("POST", "/user", json_body={"name": "Eve", "email": "taken"})).status == 201
    record = []

    def listen(name: str) -> None:
        def receive(sender: type) -> None:
            record.append(name)
            if name == refusing:
                raise Forbidden("No.")

        getattr(bzz.signals, name).connect(receive, weak=False)

    for name in ("pre_create_instance", "post_create_instance", "request_failed"):
        listen(name)
    path = "/country" if "code" in body else "/user"
    record.append(str((await users("POST", path, json_body=body)).status))
    assert " ".join(record) == sent


async def test_a_reply_waits_for_the_receivers_of_a_post_signal(users: Api) -> None:
    is_called, may_end = asyncio.Event(), asyncio.Event()

    @post_create_instance.connect
    async def slow(sender: type) -> None:
        is_called.set()
        await may_end.wait()

    creating = asyncio.ensure_future(users("POST", "/user", json_body={"name": "Ada"}))
    await is_called.wait()
    assert [user["name"] for user in (await users("GET", "/user")).json] == ["Ada"], "others are served"
    assert not creating.done()
    may_end.set()
    assert (await creating).status == 201


@pytest.mark.usefixtures("mongodb")
async def test_the_smallest_program_works_as_its_user_would_write_it(io_loop: object) -> None:
    seen: list[tuple[type, str, str]] = []

    class User(mongoengine.Document):
        name = mongoengine.StringField()

    routes = bzz.ModelHive.routes_for("mongoengine", User)
    application = tornado.web.Application(routes)

    def handler(sender: type, instance: User, handler: tornado.web.RequestHandler) -> None:
        seen.append((sender, instance.name, handler.request.method or ""))

    post_create_instance.connect(handler)
    socket, port = tornado.testing.bind_unused_port()
    server = tornado.httpserver.HTTPServer(application)
    server.add_socket(socket)
    reply = await tornado.httpclient.AsyncHTTPClient().fetch(
        f"http://127.0.0.1:{port}/user/", method="POST", body="name=Bernardo%20Heynemann"
    )
    server.stop()
    assert (reply.code, json.loads(reply.body)["name"]) == (201, "Bernardo Heynemann")
    assert seen == [(User, "Bernardo Heynemann", "POST")]
