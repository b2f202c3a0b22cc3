"""No request gets around the recipes as printed: each is attacked by a user to whom the instances do not belong."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

import bzz
from bzz.testing import served
from tests.support.attacks import Ask, Prey, add_folders, assert_hidden, hide, reads, writes
from tests.support.client import Api
from tests.support.guides import dispose, run, signed_in


@pytest.mark.parametrize("name", ["documents", "reports"])
async def test_a_tenant_reaches_nothing_of_another_tenant_by_any_way(name: str) -> None:
    recipes = run("guides/recipes.md")
    async with served(recipes["app"]) as client:
        ada, eve, nobody = (partial(client, headers={"X-User": user}) for user in ("ada@acme", "eve@evil", ""))
        add_folders(recipes["app"], recipes[name].model, handler_class=recipes["Handler"])
        prey, ghost = await hide(recipes[name], {"title": "Once"}, ada, "title")
        at = f"{prey.at}/{prey.id}"
        before = await ada("GET", at)
        for stranger in (eve, nobody):
            own = (await stranger("POST", "/api/folder", json_body={})).json["id"]
            await assert_hidden(stranger, prey, ghost, own)
        after = await ada("GET", at)
        assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"])
        assert (await ada("GET", f"{prey.at}?count=true")).headers["X-Total-Count"] == "1"


async def test_only_the_owner_changes_a_document_by_any_way() -> None:
    recipes = run("guides/recipes.md")
    async with served(recipes["app"]) as client:
        ada, bob = (partial(client, headers={"X-User": user}) for user in ("ada@acme", "bob@acme"))
        add_folders(recipes["app"], recipes["Document"], handler_class=recipes["Handler"])
        prey, _ = await hide(recipes["documents"], {"title": "Once"}, ada, "title")
        await assert_unchanged(ada, bob, prey)


async def assert_unchanged(owner: Ask, stranger: Ask, prey: Prey) -> None:
    at = f"{prey.at}/{prey.id}"
    before = await owner("GET", at)
    own = (await stranger("POST", "/api/folder", json_body={})).json["id"]
    for method, path, body in writes(prey, own):
        reply = await stranger(method, path, **({} if body is None else {"json_body": body}))
        if path.startswith(prey.at):
            assert 400 <= reply.status < 500, (method, path, body)
        after = await owner("GET", at)
        assert (after.body, after.headers["ETag"]) == (before.body, before.headers["ETag"]), (method, path, body)


@pytest.mark.parametrize("tenant", ["acme", "evil"])
async def test_requests_choose_neither_owner_nor_tenant(tenant: str) -> None:
    recipes = run("guides/recipes.md")
    async with served(recipes["app"]) as client:
        ada = partial(client, headers={"X-User": "ada@acme"})
        for at in ("/api/document", "/api/report"):
            made = await ada("POST", at, json_body={"title": "x"})
            for field, value in {"owner": "eve", "tenant": tenant}.items():
                assert (await ada("POST", at, json_body={"title": "x", field: value})).status == 400
                assert (await ada("PATCH", f"{at}/{made.json['id']}", json_body={field: value})).status == 400
                assert field == "owner" or (await ada("GET", f"{at}?{field}={value}")).status == 400
            assert (await client("POST", at, json_body={"title": "x"})).status == 401


async def test_a_company_reaches_nothing_of_another_company_by_any_way(api: Api) -> None:
    guide = run("guides/permissions.md")
    ada, eve, nobody = await signed_in(guide["app"], {"ada": "ada@acme.example", "eve": "e@evil.example", "": ""}, api)
    add_folders(guide["app"], guide["Invoice"])
    prey, ghost = await hide(bzz.ModelHive("memory", guide["Invoice"]), {"cents": 7}, ada, "cents")
    own = (await eve("POST", "/api/folder", json_body={})).json["id"]
    await assert_hidden(eve, prey, ghost, own)
    for method, path, body in [*reads(prey), *writes(prey, own)]:
        assert (await nobody(method, path, **({} if body is None else {"json_body": body}))).status == 401
    assert (await ada("GET", f"{prey.at}/{prey.id}")).json["cents"] == 7


async def test_only_the_owner_changes_a_post_by_any_way(api: Api) -> None:
    guide = run("guides/permissions.md")
    ada, eve = await signed_in(guide["app"], {"ada": "ada@acme.example", "eve": "e@evil.example"}, api)
    add_folders(guide["app"], guide["Post"])
    prey, _ = await hide(bzz.ModelHive("memory", guide["Post"]), {"text": "x"}, ada, "text")
    await assert_unchanged(ada, eve, prey)
    left = await eve("DELETE", f"/api/folder/{prey.folder}/papers/{prey.id}")
    assert left.status == 404, "the hook covers members that leave"


@pytest.mark.usefixtures("mongodb")
async def test_only_the_owner_changes_a_note_by_any_way(api: Api) -> None:
    guide = run("guides/authentication.md")
    ada, eve = await signed_in(guide["app"], {"ada": "ada@acme.example", "eve": "e@evil.example"}, api)
    add_folders(guide["app"], guide["Note"])
    prey, _ = await hide(bzz.ModelHive("memory", guide["Note"]), {"text": "x"}, ada, "text")
    await assert_unchanged(ada, eve, prey)


async def test_no_request_reaches_a_book_that_is_marked_as_deleted() -> None:
    guide = run("guides/faq.md")
    async with served(guide["app"]) as client:
        add_folders(guide["app"], guide["Book"])
        prey, ghost = await hide(guide["books"], {"title": "x"}, client, "title")
        assert (await client("DELETE", f"{prey.at}/{prey.id}")).status == 204
        own = (await client("POST", "/api/folder", json_body={})).json["id"]
        await assert_hidden(client, prey, ghost, own)
        assert (await guide["books"].list()) == []


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


async def test_no_request_gives_a_note_away_as_the_guide_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = run("guides/permissions.md")
    user, note = guide["User"], guide["Note"]
    async with guide["engine"].begin() as connection:
        await connection.run_sync(guide["Base"].metadata.create_all)
    async with guide["sessions"].begin() as session:
        session.add_all([user(id=1, name="ada", password_hash="secret"), user(id=2, name="eve")])
        session.add(note(id=1, text="x", owner_id=1))
    async with served(guide["closed"]) as client:
        attacks: list[tuple[str, str, Any, int]] = [
            ("POST", "/note/1/owner/notes", {"notes": ["1"]}, 405),
            ("POST", "/user/2/notes", {"notes": ["1"]}, 405),
            ("DELETE", "/user/1/notes/1", None, 405),
            ("PUT", "/user/1", {"notes": []}, 400),
            ("POST", "/user", {"name": "new", "notes": ["1"]}, 400),
            ("PUT", "/note/1", {"owner": "2"}, 400),
            ("POST", "/note/1/owner", {"owner": "2"}, 405),
            ("DELETE", "/note/1/owner", None, 405),
        ]
        for method, path, body, status in attacks:
            assert (await client(method, path, json_body=body)).status == status, (method, path)
        assert (await client("GET", "/user/1/notes")).json == [{"id": "1", "text": "x", "owner": "1"}]
        for path in ("/note?expand=owner", "/note/1/owner", "/user", "/user/1"):
            assert b"secret" not in (await client("GET", path)).body
    await dispose(guide["engine"])
