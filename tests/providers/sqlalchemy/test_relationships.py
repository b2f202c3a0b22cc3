"""Relationships, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.members import change_members
from bzz.providers.sqlalchemy.relationships import batches
from bzz.signals import post_associate, post_dissociate, post_update_instance
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.models import Author
from tests.support.client import Api


async def authors(sql: Api) -> None:
    for name in ("Ada", "Bob", "Cy"):
        await sql.create("/author", name=name)


def shown(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [one.get("name") or one["title"] for one in reply.json]


async def test_what_is_kept_elsewhere_is_shown_where_it_is_asked_for(sql: Api, database: Database) -> None:
    await authors(sql)
    made = await sql("POST", "/author?fields=name,friends,books", json_body={"name": "Di", "friends": ["2", "1"]})
    assert made.json == {"name": "Di", "friends": ["1", "2"], "books": []}
    assert (await sql("GET", "/author/4")).json == {"id": "4", "name": "Di", "mentor": None}
    database.statements.clear()
    found = (await sql("GET", "/author?fields=name,friends,profile")).json
    assert len(database.statements) == 3, "one for each field, however many there are"
    assert found[3] == {"name": "Di", "friends": ["1", "2"], "profile": None}
    assert found[0] == {"name": "Ada", "friends": [], "profile": None}
    tag = (await sql("GET", "/author/4")).headers["ETag"]
    assert (await sql("GET", "/author/4?expand=friends.mentor")).headers["ETag"] == tag
    changed = await sql("PUT", "/author/4?fields=friends", json_body={"name": "Eve"})
    assert changed.json == {"friends": ["1", "2"]}


async def test_members_have_a_foreign_key(sql: Api) -> None:
    await authors(sql)
    for title in ("A", "B", "C"):
        await sql.create("/book", title=title, author="2" if title == "C" else None)
    with capture(post_associate) as sent:
        joined = await sql("POST", "/author/1/books", json_body={"books": ["1", "2"]})
        moved = await sql("POST", "/author/1/books", json_body={"books": ["3", "1"]})
    assert [book["author"] for book in joined.json + moved.json] == ["1"] * 4
    assert [one.keywords["instance"].title for one in sent] == ["A", "B", "C"]
    assert shown(await sql("GET", "/author/1/books?sort=-title")) == ["C", "B", "A"]
    assert (await sql("DELETE", "/author/1/books/2")).status == 204
    assert (await sql("GET", "/book/2")).json["author"] is None
    assert shown(await sql("GET", "/author/1/books?title__gte=B&count=true")) == ["C"]
    with capture(post_update_instance) as sent:
        assert (await sql("PUT", "/author/1", json_body={"books": ["2"]})).status == 200
    assert sent[0].keywords["updated_fields"] == {"books": {"from": [1, 3], "to": [2]}}
    assert (await sql("GET", "/book?author__exists=false&fields=title")).json == [{"title": "A"}, {"title": "C"}]
    assert (await sql("PUT", "/author/1", json_body={"shown_books": ["2"]})).status == 200, "as it is"
    refused = await sql("PUT", "/author/1", json_body={"shown_books": []})
    assert refused.json["errors"] == {"shown_books": ["is read-only"]}


async def test_a_member_that_cannot_be_without_its_parent_does_not_leave(sql: Api) -> None:
    await authors(sql)
    await sql.create("/author", name="Di")
    made = await sql("POST", "/draft", json_body={"name": "One"})
    assert (made.status, list(made.json["errors"])) == (400, ["author_id"])
    draft = await sql.create("/draft", name="One", author_id=1)
    assert (await sql("DELETE", f"/author/1/drafts/{draft['id']}")).status == 409
    assert (await sql("PUT", "/author/1", json_body={"drafts": []})).status == 409
    assert (await sql("POST", "/author/2/drafts", json_body={"drafts": [draft["id"]]})).status == 201
    assert shown(await sql("GET", "/author/2/drafts")) == ["One"]
    assert shown(await sql("GET", "/draft")) == ["One"]


async def test_a_relation_of_one_can_be_kept_on_the_other_side(sql: Api) -> None:
    await authors(sql)
    for name in ("shy", "loud"):
        await sql.create("/profile", name=name)
    assert (await sql("GET", "/author/1/profile")).status == 404
    assert (await sql("POST", "/author/1/profile", json_body={"profile": "1"})).json["author"] == "1"
    with capture(post_dissociate, post_associate) as sent:
        assert (await sql("POST", "/author/1/profile", json_body={"profile": "2"})).status == 201
    assert [one.keywords["instance"].name for one in sent] == ["shy", "loud"]
    assert (await sql("GET", "/author/1/profile")).json["name"] == "loud"
    assert (await sql("GET", "/author/1?expand=profile&fields=name")).json["profile"]["name"] == "loud"
    for query, found in (
        ("profile=2", ["Ada"]),
        ("profile__ne=2", ["Bob", "Cy"]),
        ("profile__in=1,2", ["Ada"]),
        ("profile__nin=2", ["Bob", "Cy"]),
        ("profile__exists=true", ["Ada"]),
        ("profile__exists=false", ["Bob", "Cy"]),
        ("profile=", ["Bob", "Cy"]),
        ("profile__ne=", ["Ada"]),
    ):
        assert shown(await sql("GET", f"/author?{query}")) == found, query
    assert (await sql("DELETE", "/author/1/profile")).status == 204
    assert (await sql("GET", "/profile/2")).json["author"] is None


async def test_who_refers_to_ones_own_kind(sql: Api) -> None:
    await authors(sql)
    assert (await sql("PUT", "/author/1", json_body={"mentor": "2"})).json["mentor"] == "2"
    await sql("POST", "/author/1/friends", json_body={"friends": ["2", "3", "1"]})
    assert shown(await sql("GET", "/author/1/friends?sort=name")) == ["Ada", "Bob", "Cy"]
    assert shown(await sql("GET", "/author/2/friends")) == []
    assert shown(await sql("GET", "/author?friends__contains=3")) == ["Ada"]
    assert shown(await sql("GET", "/author?friends__exists=false&sort=name")) == ["Bob", "Cy"]
    assert (await sql("DELETE", "/author/1/friends/2")).status == 204
    assert (await sql("GET", "/author/1/mentor")).json["name"] == "Bob"
    assert shown(await sql("GET", "/author?mentor=2")) == ["Ada"]


async def test_many_who_join_and_leave_at_once_are_in_or_out(sql: Api) -> None:
    for number in range(12):
        await sql.create("/author", name=f"a{number}")
    joins = [sql("POST", "/author/1/friends", json_body={"friends": [str(n % 6 + 2)]}) for n in range(12)]
    replies = await asyncio.gather(*joins)
    assert sorted(reply.status for reply in replies) == [200] * 6 + [201] * 6
    leaves = await asyncio.gather(*(sql("DELETE", f"/author/1/friends/{n % 6 + 2}") for n in range(12)))
    assert sorted(reply.status for reply in leaves) == [204] * 6 + [404] * 6
    assert shown(await sql("GET", "/author/1/friends")) == []


@pytest.mark.parametrize("path", ["/author/1/books", "/author/1"])
async def test_a_member_that_does_not_exist_is_named(sql: Api, path: str) -> None:
    await authors(sql)
    refused = await sql("PUT" if path == "/author/1" else "POST", path, json_body={"books": ["7"]})
    assert (refused.status, [name.partition(".")[0] for name in refused.json["errors"]]) == (400, ["books"])


async def test_who_is_taken_elsewhere_meanwhile_does_not_leave(sql: Api) -> None:
    for name in ("Ada", "Bob"):
        await sql.create("/author", name=name)
    await sql.create("/book", title="A", author="1")
    for _ in range(10):
        await sql("PUT", "/book/1", json_body={"author": "1"})
        left, moved = await asyncio.gather(
            sql("DELETE", "/author/1/books/1"), sql("POST", "/author/2/books", json_body={"books": ["1"]})
        )
        assert left.status in (204, 404)
        assert moved.status == 201
        assert (await sql("GET", "/book/1")).json["author"] == "2", "no order of the two would have it without any"


def test_many_keys_are_asked_for_inbatches() -> None:
    assert [len(some) for some in batches([*range(25_000)])] == [10_000, 10_000, 5_000]


async def test_what_happens_to_members_before_they_are_locked_is_seen(sql: Api, database: Database) -> None:
    for name in ("Ada", "Bob"):
        await sql.create("/author", name=name)
    await sql.create("/book", title="A", author="1")
    books = SQLAlchemyProvider(database.factory).mapped_class(Author).relations["books"]

    async def change(before: list[int], after: list[int]) -> None:
        def perform(session: Session) -> None:
            change_members(session, books, session.get(Author, 2), before, after)
            session.commit()

        session = database.factory()
        try:
            await (session.run_sync(perform) if database.is_async else asyncio.to_thread(perform, session))
        finally:
            await (session.close() if database.is_async else asyncio.to_thread(session.close))

    await change([1], [])
    assert (await sql("GET", "/book/1")).json["author"] == "1", "it had never been the other's"
    with pytest.raises(Invalid, match="there is no Book 7"):
        await change([], [7])
