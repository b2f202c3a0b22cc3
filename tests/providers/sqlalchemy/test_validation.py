"""SQLModel classes over HTTP, with the validation of Pydantic."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.signals import post_update_instance
from bzz.testing import capture
from bzz.testing.client import Client
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.sqlmodels import Base, Club, Hero, Membership
from tests.support.client import Api


@pytest.fixture
def heroes(api: Api, database: Database, io_loop: Any) -> Api:
    return io_loop.run_sync(lambda: mount(api, database, Base, Club, Hero, Membership))  # type: ignore[no-any-return]


async def test_classes_of_sqlmodel_have_all_routes(heroes: Client) -> None:
    assert await heroes.create("/club", name="Avengers") == {"id": "1", "name": "Avengers"}
    hero = {"id": "1", "name": "Ada", "age": None, "born": "2020-01-31T00:00:00Z", "club": "1"}
    assert await heroes.create("/hero", name="Ada", born="2020-01-31", club="1") == hero
    assert (await heroes("GET", "/club/1/heroes")).json == [hero]
    assert (await heroes("GET", "/hero?expand=club&age__exists=false")).json[0]["club"]["name"] == "Avengers"
    with capture(post_update_instance) as sent:
        assert (await heroes("PATCH", "/hero/1", json_body={"age": 3})).json["age"] == 3
    assert sent[0].keywords["updated_fields"] == {"age": {"from": None, "to": 3}}
    taken = await heroes("POST", "/club", json_body={"name": "Avengers"})
    assert (taken.status, taken.json["errors"]) == (409, {"name": ["is taken"]})
    member = await heroes.create("/membership", club_id=1, hero_id=1)
    assert member == {"id": "1~1", "club_id": 1, "hero_id": 1, "role": "member"}
    assert [one["id"] for one in (await heroes("GET", "/club/1/friends")).json] == ["1"]
    assert (await heroes("DELETE", "/membership/1~1")).status == 204
    assert (await heroes("DELETE", "/hero/1")).status == 204


@pytest.mark.parametrize(
    ("values", "detail", "errors"),
    [
        ({"name": "nobody"}, "The input is not valid.", {"name": ["is nobody"]}),
        ({"age": -1}, "The input is not valid.", {"age": ["Input should be greater than or equal to 0"]}),
        ({"club": "2"}, "The input is not valid.", {"club": ["Input should be less than 2"]}),
        ({"name": "Young", "age": 31}, "Nobody is young at this age.", None),
    ],
)
async def test_validators_of_sqlmodel_run_before_a_write(heroes: Client, values: Any, detail: str, errors: Any) -> None:
    for name in ("Avengers", "X-Men"):
        await heroes.create("/club", name=name)
    await heroes.create("/hero", name="Ada")
    for method, path in (("POST", "/hero"), ("PATCH", "/hero/1")):
        reply = await heroes(method, path, json_body={"name": "Bob", **values})
        assert (reply.status, reply.json["detail"], reply.json.get("errors")) == (400, detail, errors), method


async def test_validators_may_change_a_value(heroes: Client) -> None:
    assert (await heroes.create("/hero", name=" Ada "))["name"] == "Ada"
    assert (await heroes("PATCH", "/hero/1", json_body={"name": "Bob "})).json["name"] == "Bob"


async def test_a_missing_value_is_required(heroes: Client) -> None:
    lacking = await heroes("POST", "/hero", json_body={"age": 1})
    assert (lacking.status, lacking.json["errors"]) == (400, {"name": ["is required"]})


async def test_an_invalid_value_that_is_stored_does_not_forbid_other_changes(
    heroes: Client, database: Database
) -> None:
    await heroes.create("/hero", name="Ada", age=3)
    await store_age(database, -1)
    assert (await heroes("PATCH", "/hero/1", json_body={"name": "Bob"})).json == {
        "id": "1",
        "name": "Bob",
        "age": -1,
        "born": None,
        "club": None,
    }


async def store_age(database: Database, age: int) -> None:
    statement = f"UPDATE hero SET age = {age}"  # noqa: S608
    if database.is_async:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql(statement)
    else:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(statement)
