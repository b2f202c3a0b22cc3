"""Instances as stored, with their deferred fields."""

from __future__ import annotations

import pytest

from bzz.lifecycle import expanding, unit_of_work
from bzz.providers.sqlalchemy import loading
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.samples import authors
from tests.support.client import Api


async def test_a_deferred_relation_is_loaded_by_one_statement_and_only_if_named(sql: Api, database: Database) -> None:
    await authors(sql)
    made = await sql("POST", "/author?fields=name,friends,books", json_body={"name": "Di", "friends": ["2", "1"]})
    assert made.json == {"name": "Di", "friends": ["1", "2"], "books": []}
    assert (await sql("GET", "/author/4")).json == {"id": "4", "name": "Di", "mentor": None}
    database.statements.clear()
    found = (await sql("GET", "/author?fields=name,friends,profile")).json
    assert len(database.statements) == 3, "one for each field, however many there are"
    assert found[3] == {"name": "Di", "friends": ["1", "2"], "profile": None}
    assert found[0] == {"name": "Ada", "friends": [], "profile": None}
    tag = (await sql("GET", "/author/4?fields=friends")).headers["ETag"]
    assert (await sql("GET", "/author/4?expand=friends.mentor")).headers["ETag"] == tag
    changed = await sql("PUT", "/author/4?fields=friends", json_body={"name": "Eve"})
    assert changed.json == {"friends": ["1", "2"]}


async def befriend(sql: Api, *friends: list[str]) -> None:
    """Store authors with these friends."""
    for number in range(9):
        await sql.create("/author", name=f"a{number}")
    for number, keys in enumerate(friends):
        assert (await sql("PATCH", f"/author/{number + 1}", json_body={"friends": keys})).status == 200


async def test_a_read_loads_no_more_members_than_it_may(sql: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await befriend(sql, ["2", "3"], ["1", "4", "5"], ["6", "7", "8", "9"])
    monkeypatch.setattr(loading, "MAX_MEMBERS", 3)
    for path, status in (
        ("/author/2?fields=friends", 200),
        ("/author/3?fields=friends", 400),
        ("/author?fields=friends&per_page=1", 200),
        ("/author?fields=friends", 400),
        ("/author/1?fields=friends,books", 200),
        ("/author/1?expand=friends.friends", 400),
        ("/author/1/friends?fields=friends", 400),
    ):
        reply = await sql("GET", path)
        assert reply.status == status
        if status == 400:
            text = "At most 3 members are shown at once; ask for fewer instances or fields."
            assert reply.json["detail"] == text
    changed = await sql("PATCH", "/author/3?fields=friends", json_body={"friends": ["6", "7", "8", "9", "1"]})
    assert (changed.status, changed.json) == (200, {"friends": ["1", "6", "7", "8", "9"]}), "a write knows its members"


async def test_a_member_joins_though_the_reply_shows_no_more_members(sql: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await befriend(sql, ["2", "3", "4"])
    monkeypatch.setattr(loading, "MAX_MEMBERS", 3)
    joined = await sql("POST", "/author/1/friends?fields=id,friends", json_body={"friends": ["1"]})
    assert (joined.status, joined.json["id"]) == (201, "1")
    monkeypatch.undo()
    assert (await sql("GET", "/author/1?fields=friends")).json == {"friends": ["1", "2", "3", "4"]}


async def test_what_expand_shows_is_counted_before_all_of_it_is_loaded(
    sql: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await befriend(sql, ["2", "3", "4"], *[["5", "6", "7", "8", "9"]] * 3)
    monkeypatch.setattr(expanding, "MAX_EXPANDED", 4)
    monkeypatch.setattr(unit_of_work, "FIRST_BATCH", 1)
    database.statements.clear()
    assert (await sql("GET", "/author/1?expand=friends.friends")).status == 400
    assert len(database.statements) == 4, "one author, its friends, the first friend, and the friends of this one"
