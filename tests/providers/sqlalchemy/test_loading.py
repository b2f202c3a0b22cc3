"""Instances as stored, with their deferred fields."""

from __future__ import annotations

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
