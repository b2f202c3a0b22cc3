"""Relationships, over HTTP."""

from __future__ import annotations

from bzz.providers.sqlalchemy.relationships import batches
from bzz.signals import post_associate, post_dissociate
from bzz.testing import capture
from tests.providers.sqlalchemy.samples import authors, shown
from tests.support.client import Api


async def test_a_one_to_one_relation_may_be_stored_on_the_other_side(sql: Api) -> None:
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


async def test_a_relation_may_lead_to_its_own_class(sql: Api) -> None:
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


def test_keys_are_queried_in_batches() -> None:
    assert [len(some) for some in batches([*range(2_500)])] == [1_000, 1_000, 500]
