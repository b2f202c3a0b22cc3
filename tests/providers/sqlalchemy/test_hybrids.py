"""Hybrids, properties and synonyms: read only where a reply shows them, set where they have a setter."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import bzz
from bzz.exceptions import Invalid
from bzz.providers import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import post_get_list, post_update_instance, pre_create_instance, pre_get_list, pre_update_instance
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.hybrid_models import Account, Base, Note, Pair, Person, Vertex
from tests.support.client import Api


def fields(model: type) -> dict[str, tuple[str, bool, bool, bool]]:
    described = SQLAlchemyProvider().describe(model).fields
    return {f.name: (f.type.name, f.readable, f.insertable, f.filterable) for f in described.values()}


@pytest.fixture
def people(api: Api, database: Database, io_loop: Any) -> Api:
    io_loop.run_sync(lambda: mount(api, database, Base, Note))
    options: Any = {"session_factory": database.factory, "computed": ["full", "shout"], "max_per_page": 200}
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Person, **options))
    return api


@pytest.fixture
def accounts(api: Api, database: Database, io_loop: Any) -> Api:
    io_loop.run_sync(lambda: mount(api, database, Base, Vertex))
    options: Any = {"session_factory": database.factory, "computed": ["secret", "joined", "grade", "key"]}
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Account, **options))
    return api


def test_a_class_is_described_without_evaluating_its_hybrids() -> None:
    Person.calls = 0
    assert fields(Person) == {
        "id": ("integer", True, False, True),
        "first": ("string", True, True, True),
        "last": ("string", True, True, True),
        "tags": ("JSON value", True, True, True),
        "notes": ("list", True, True, True),
        "full": ("string", False, True, False),
        "tag_line": ("JSON value", True, False, False),
        "initial": ("JSON value", True, False, False),
        "lower": ("string", True, False, True),
        "folded": ("string", True, False, True),
        "wrong": ("string", True, False, True),
        "all_notes": ("JSON value", True, False, False),
        "note_count": ("JSON value", True, False, False),
        "note": ("string", False, True, False),
    }
    assert Person.calls == 0


async def test_replies_compute_what_the_hive_or_the_request_names(people: Api) -> None:
    made = await people.create("/person", first="Ada", last="Lovelace", tags=["x", "y"])
    stored = {"id": "1", "first": "Ada", "last": "Lovelace", "tags": ["x", "y"]}
    assert made == {**stored, "full": "Ada LOVELACE", "shout": "Ada!"}
    await people.create("/note", person_of="1")
    for path in ("/person/1", "/note/1/person_of"):
        assert (await people("GET", path)).json == made
    assert (await people("GET", "/person")).json == [made]
    assert (await people("GET", "/note?expand=person_of")).json[0]["person_of"] == made
    Person.calls = 0
    asked = "first,tag_line,initial,note_count,all_notes"
    shown = {"first": "Ada", "tag_line": "x,y", "initial": "first", "note_count": 1, "all_notes": ["1"]}
    assert (await people("GET", f"/person?fields={asked}")).json == [shown]
    assert (await people("GET", f"/person/1?fields={asked}")).json == shown
    assert Person.calls == 0
    assert (await people("PATCH", "/person/1", json_body={"first": "Bob"})).json["full"] == "Bob LOVELACE"


async def test_a_value_whose_computation_fails_is_null(people: Api) -> None:
    await people.create("/person", first="Carl", last="Gauss")
    assert (await people("GET", "/person?fields=first,initial")).json == [{"first": "Carl", "initial": None}]


async def test_rows_that_nobody_shows_computed_are_read_with_one_query(people: Api, database: Database) -> None:
    for index in range(3):
        await people.create("/person", first=f"A{index}", last="x")
    database.statements.clear()
    assert len((await people("GET", "/person")).json) == 3
    assert len(database.statements) == 1


async def test_computed_fields_that_query_are_shown_for_a_hundred_rows(people: Api, database: Database) -> None:
    def store(session: Session) -> None:
        session.add_all(Person(first=f"A{index}", last="x") for index in range(101))
        session.commit()

    await database.run(store)
    assert len((await people("GET", "/person?fields=initial&per_page=101")).json) == 101
    assert len((await people("GET", "/person?fields=note_count&per_page=100")).json) == 100
    refused = await people("GET", "/person?fields=note_count&per_page=101")
    assert (refused.status, "at most 100" in refused.json["detail"]) == (400, True)


async def test_what_a_reply_computes_is_put_back_unchanged(people: Api) -> None:
    made = await people.create("/person", first="Ada", last="LOVELACE")
    with capture(post_update_instance) as sent:
        kept = await people("PUT", "/person/1", json_body=made)
        assert (kept.status, kept.json) == (200, made)
    assert sent[0].keywords["updated_fields"] == {}
    assert (await people("PUT", "/person/1", json_body={**made, "last": "KING"})).json["full"] == "Ada KING"
    assert (await people("PUT", "/person/1", json_body={"shout": "Bob!"})).json["errors"] == {"shout": ["is read-only"]}
    assert (await people("POST", "/person", json_body={"note_count": 1})).json["errors"]["note_count"]


async def test_an_entity_tag_does_not_cover_what_is_computed(people: Api) -> None:
    made = await people("POST", "/person", json_body={"first": "Ada", "last": "x"})
    plain = await people("GET", "/person/1?fields=first")
    whole = await people("GET", "/person/1")
    assert made.headers["ETag"] == plain.headers["ETag"] == whole.headers["ETag"]
    tag = {"If-None-Match": whole.headers["ETag"]}
    assert (await people("GET", "/person/1", headers=tag)).status == 200
    assert (await people("GET", "/person/1?fields=first", headers=tag)).status == 304
    put = await people("PATCH", "/person/1", json_body={"full": "Bob y"}, headers={"If-Match": tag["If-None-Match"]})
    assert (put.status, put.json["full"]) == (200, "Bob Y")


async def test_lists_are_filtered_by_hybrids_with_an_expression_of_their_own(people: Api) -> None:
    for name in ("Ada", "Bob"):
        await people.create("/person", first=name, last="x")
    assert [one["first"] for one in (await people("GET", "/person?lower=ada")).json] == ["Ada"]
    assert [one["first"] for one in (await people("GET", "/person?lower__startswith=b")).json] == ["Bob"]
    assert [one["first"] for one in (await people("GET", "/person?folded=ADA")).json] == ["Ada"]
    refused = await people("GET", "/person?wrong=x")
    assert (refused.status, refused.json["errors"]) == (400, {"wrong": ["cannot be compared"]})
    for query in ("tag_line=x", "full=x", "sort=lower", "sort=full"):
        assert (await people("GET", f"/person?{query}")).status == 400, query


async def test_receivers_may_filter_by_any_hybrid(people: Api) -> None:
    await people.create("/person", first="Ada", last="x")

    async def narrow(sender: Any, query: Any) -> None:
        query.where.append(Condition("lower", "ne", "ada"))

    with pre_get_list.connected_to(narrow, Person):
        assert (await people("GET", "/person")).json == []


async def test_a_setter_may_make_other_instances(people: Api) -> None:
    await people.create("/person", first="Ada", last="x")
    assert (await people("PATCH", "/person/1", json_body={"note": "a"})).status == 200
    assert (await people("GET", "/person/1/notes")).json == [{"id": "1", "text": "a", "person_of": "1"}]


async def test_watched_lists_show_what_is_computed(people: Api) -> None:
    await people.create("/person", first="Ada", last="x")
    with capture(post_get_list):
        assert (await people("GET", "/person")).json[0]["full"] == "Ada X"


async def test_nobody_sets_a_hybrid_without_a_setter(people: Api, database: Database) -> None:
    async def set_it(sender: Any, data: Any) -> None:
        data["lower"] = "x"

    with pre_create_instance.connected_to(set_it, Person):
        refused = await people("POST", "/person", json_body={"first": "Ada", "last": "x"})
    assert (refused.status, refused.json["errors"]) == (400, {"lower": ["is computed, so it cannot be set"]})
    hive = bzz.ModelHive("sqlalchemy", Person, session_factory=database.factory)
    with pytest.raises(Invalid):
        await hive.create({"first": "Ada", "last": "x", "lower": "x"})
    await hive.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"computed": ["nothing"]}, "computed: Person has no hybrid and no property nothing"),
        ({"computed": ["first"]}, "computed: Person has no hybrid and no property first"),
        ({"computed": ["__init__"]}, "computed: Person has no hybrid and no property __init__"),
        ({"computed": "full"}, "computed must be a list of names, not the text 'full'"),
        ({"computed": ["shout"], "rename": {"shout": "first"}}, "both have the public name first"),
    ],
)
def test_a_wrong_computed_field_is_refused_when_routes_are_made(options: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        bzz.ModelHive.routes_for("sqlalchemy", Person, **options)


def test_the_options_of_a_hive_hold_for_computed_fields() -> None:
    def readable(**options: Any) -> list[str]:
        hive = bzz.ModelHive("sqlalchemy", Person, computed=["full", "shout"], **options)
        return [name for name, _ in hive.resource.schema.readable]

    assert readable(fields=["first"]) == ["id", "first", "full", "shout"]
    assert "shout" not in readable(exclude=["shout"])
    assert "full" not in readable(write_only=["full"])
    assert "loud" in readable(rename={"shout": "loud"})
    fixed = bzz.ModelHive("sqlalchemy", Person, computed=["full"], read_only=["full"]).resource.schema.fields["full"]
    assert (fixed.readable, fixed.insertable) == (True, False)


async def test_a_hybrid_with_a_setter_sets_a_private_column(accounts: Api, database: Database) -> None:
    created = await accounts("POST", "/account", json_body={"name": "ada", "password": "abc", "secret": {"a": 1}})
    assert (created.status, created.json["errors"]) == (400, {"secret": ["cannot take this value"]})
    made = await accounts.create("/account", name="ada", password="abc")
    nulls = {"secret": None, "joined": None, "grade": None, "key": None}
    assert made == {"id": "1", "name": "ada", "title": "ada", **nulls}

    def passwords(session: Any) -> list[str]:
        return [*session.scalars(sa.select(Account._password))]

    assert await database.run(passwords) == ["cba"]
    assert (await accounts("PATCH", "/account/1", form={"password": "xyz", "secret": "s"})).json["secret"] == "s"
    assert await database.run(passwords) == ["zyx"]
    short = await accounts("PATCH", "/account/1", json_body={"password": "x"})
    assert (short.status, short.json["errors"]) == (400, {"password": ["is too short"]})
    missing = await accounts("POST", "/account", json_body={})
    assert (missing.status, missing.json["errors"]) == (400, {"name": ["is required"], "password": ["is required"]})
    null = await accounts("POST", "/account", json_body={"name": "x", "password": None})
    assert (null.status, null.json["errors"]) == (400, {"password": ["is required"]})
    null = await accounts("PATCH", "/account/1", json_body={"password": None})
    assert (null.status, null.json["errors"]) == (400, {"password": ["is required"]})


async def test_setters_get_values_of_the_annotated_type(accounts: Api) -> None:
    given = {"joined": "2020-01-31T10:00:00+02:00", "grade": "high", "key": "a2V5"}
    shown = {**given, "joined": "2020-01-31T08:00:00Z"}
    made = await accounts.create("/account", name="ada", password="abc", **{**given, "key": None})
    assert {name: made[name] for name in given} == {**shown, "key": None}
    again = await accounts("PUT", "/account/1", json_body={**made, "grade": None})
    assert (again.status, again.json) == (200, {**made, "grade": None})
    wrong = await accounts("PATCH", "/account/1", json_body={"joined": "x", "grade": "middle"})
    assert (wrong.status, wrong.json["errors"].keys()) == (400, {"joined", "grade"})


async def test_an_update_tells_receivers_of_a_setter_what_it_changes(accounts: Api) -> None:
    await accounts.create("/account", name="ada", password="abc", secret="one")
    with capture(pre_update_instance, post_update_instance) as sent:
        await accounts("PATCH", "/account/1", json_body={"secret": "two"})
    assert [one.keywords["updated_fields"] for one in sent] == [{"secret": {"from": "one", "to": "two"}}] * 2


async def test_a_synonym_is_a_field(accounts: Api) -> None:
    for name in ("b", "a"):
        await accounts.create("/account", title=name, password="abc")
    assert [one["name"] for one in (await accounts("GET", "/account?sort=title")).json] == ["a", "b"]
    assert [one["name"] for one in (await accounts("GET", "/account?title__gt=a")).json] == ["b"]
    put = await accounts("PUT", "/account/1", json_body={"id": "1", "name": "b", "title": "d"})
    assert (put.status, put.json["name"]) == (200, "d")
    with capture(pre_update_instance, post_update_instance) as sent:
        assert (await accounts("PATCH", "/account/1", json_body={"title": "c"})).json["name"] == "c"
    both = {name: {"from": "d", "to": "c"} for name in ("name", "title")}
    assert sent[1].keywords["updated_fields"] == both
    assert sent[0].keywords["updated_fields"] == both
    taken = await accounts("PATCH", "/account/1", json_body={"title": "a"})
    assert (taken.status, taken.json["errors"].keys()) == (409, {"name"})


async def test_computed_values_of_any_class_are_json(api: Api, database: Database) -> None:
    await mount(api, database, Base, Pair)
    computed = ["sides", "start"]
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Vertex, session_factory=database.factory, computed=computed))
    made = await api.create("/vertex", x1=1, y1=2)
    point = {"x": 1, "y": 2}
    assert made.pop("sides") == {"points": [point], "length": "0:00:01", "next": None, "pair": str(Pair)}
    assert made == {"id": "1", "x1": 1, "y1": 2, "start": point}
    await api.create("/pair", one=1, two=2)
    assert (await api("GET", "/pair?fields=itself")).json == [{"itself": "1~2"}]


async def test_the_columns_of_a_composite_are_fields(accounts: Api) -> None:
    assert await accounts.create("/vertex", x1=1, y1=2) == {"id": "1", "x1": 1, "y1": 2}
    assert (await accounts("PATCH", "/vertex/1", json_body={"y1": 3})).json == {"id": "1", "x1": 1, "y1": 3}
