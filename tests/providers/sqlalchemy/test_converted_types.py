"""Columns whose types convert values themselves."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NewType, Optional

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from bzz.providers import UUID_
from bzz.providers.sqlalchemy.converted_types import annotated_type
from bzz.schema.scalars import STRING
from tests.providers.sqlalchemy import decorated
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.decorated import Decorated, Sale, Settings, Shop
from tests.providers.sqlalchemy.kinds import codec
from tests.support.client import Api

ONE, TWO = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
FIRST: dict[str, Any] = {
    "code": ONE,
    "data": {"k": [1, None]},
    "words": ["a", "b"],
    "level": 2,
    "at": "2026-01-02T03:04:05Z",
    "aware": "2026-01-02T03:04:05.000006Z",
    "secret": "tale",
    "email": "ada@example.com",
    "title": "Notes",
    "upper": "ADA",
}
OTHER: dict[str, Any] = {
    "code": TWO,
    "data": ["x"],
    "words": ["c"],
    "level": 1,
    "at": "1970-01-01T00:00:01Z",
    "aware": "1999-01-01T00:00:00Z",
    "secret": "story",
    "email": "bob@example.com",
    "title": "More",
    "upper": "BOB",
}


async def test_values_of_known_classes_are_stored_and_shown_unchanged(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Shop, Sale)
    shop = await api.create("/shop", name="One")
    second = await api("POST", "/shop", json_body={})
    other = second.json["id"]
    assert (await api("GET", second.headers["Location"])).json["id"] == other
    made = await api.create("/sale", **FIRST, shop=shop["id"])
    assert made == FIRST | {"id": made["id"], "shop": shop["id"]}
    path = f"/sale/{made['id']}"
    assert (await api("GET", path)).json == made
    assert (await api("PUT", path, json_body=made)).json == made
    changed = await api("PUT", path, json_body={**OTHER, "shop": other})
    assert changed.json == made | OTHER | {"shop": other}
    emptied = await api("PATCH", path, json_body=dict.fromkeys(FIRST))
    assert emptied.json == made | dict.fromkeys(FIRST) | {"shop": other}
    assert [one["id"] for one in (await api("GET", f"/shop/{other}/sales")).json] == [made["id"]]
    assert (await api("GET", f"{path}?expand=shop")).json["shop"]["id"] == other
    assert (await api("POST", f"/shop/{shop['id']}/sales", json_body={"sales": [made["id"]]})).status == 201
    assert (await api("GET", f"/shop/{shop['id']}/sales/{made['id']}")).status == 200
    assert (await api("DELETE", path)).status == 204


@pytest.mark.parametrize("name", ["id", "code", "level", "at", "aware", "email", "title", "upper", "shop"])
async def test_a_list_is_filtered_and_walked_by_values_of_known_classes(
    api: Api, database: Database, name: str
) -> None:
    await mount(api, database, Decorated, Shop, Sale)
    shops = [(await api.create("/shop"))["id"] for _ in range(2)]
    for values, shop in zip((FIRST, OTHER), shops, strict=True):
        made = await api.create("/sale", **values, shop=shop)
        [found] = (await api("GET", f"/sale?{name}={made[name]}")).json
        assert found == made
    if name == "shop":
        return
    for prefix in ("", "-"):
        met, path = [], f"/sale?per_page=1&sort={prefix}{name}"
        while path:
            reply = await api("GET", path)
            met += [one["id"] for one in reply.json]
            path = next((p[1:].split(">")[0] for p in reply.headers["Link"].split(", ") if "next" in p), "")
        assert len({*met}) == len(met) == 2


async def test_json_that_equals_the_old_one_to_python_is_stored(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Shop, Sale)
    made = await api.create("/sale", data={"k": 1})
    path = f"/sale/{made['id']}"
    assert (await api("PATCH", path, json_body={"data": {"k": True}})).status == 200
    assert (await api("GET", path)).json["data"] == {"k": True}


async def test_text_that_may_be_encrypted_is_not_compared(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Shop, Sale)
    await api.create("/sale", secret="tale")
    assert len((await api("GET", "/sale?secret__exists=true")).json) == 1
    for query in ("secret=tale", "secret__gt=a", "sort=secret"):
        assert (await api("GET", f"/sale?{query}")).status == 400, query


async def test_a_value_that_is_not_of_its_class_is_named(api: Api, database: Database) -> None:
    await mount(api, database, Decorated, Shop, Sale)
    wrong = {"code": "x", "level": 3, "at": "soon", "email": "x" * 21, "title": "x" * 11, "shop": "x"}
    refused = await api("POST", "/sale", json_body=wrong)
    assert (refused.status, {*refused.json["errors"]}) == (400, {*wrong})


Code = NewType("Code", str)


class Hinted:
    plain: int
    mapped: Mapped[uuid.UUID | None]
    optional: Mapped[Optional[dict[str, int]]]  # noqa: UP045  # as older models write it
    told: Mapped[Annotated[Code, "text"]]
    either: Mapped[int | str]
    missing: Mapped[Nothing]  # type: ignore[name-defined]  # noqa: F821


def test_an_annotation_tells_the_class_of_values() -> None:
    found = {name: annotated_type(Hinted, name) for name in (*Hinted.__annotations__, "other")}
    assert found == {
        "plain": int,
        "mapped": uuid.UUID,
        "optional": dict,
        "told": str,
        "either": None,
        "missing": None,
        "other": None,
    }
    assert annotated_type(type("Inner", (Hinted,), {}), "plain") is int


def test_a_type_without_a_conversion_has_the_codec_of_the_type_beneath() -> None:
    for dialect in ("sqlite", "postgresql", None):
        assert codec(decorated.Adapted(sa.String(5)), dialect).type.bounds == {"maxLength": 5}
        assert codec(decorated.Adapted(sa.Uuid()), dialect).type is UUID_


def test_numbers_and_times_that_are_stored_as_text_have_no_order() -> None:
    for hint in (int, float, Decimal, datetime):
        known = codec(decorated.JSONText, "sqlite", hint).type
        assert (known.operators, known.sortable) == (("eq", "ne", "in", "nin", "exists"), False)
    assert "lt" in codec(decorated.Epoch, "sqlite", datetime).type.operators
    assert "lt" in codec(decorated.Aware, "sqlite", datetime).type.operators
    assert codec(decorated.BinaryUUID, "sqlite", uuid.UUID).type.sortable


def test_a_class_that_no_annotation_tells_is_unknown() -> None:
    for kind in (decorated.BinaryUUID, decorated.JSONText, decorated.Encrypted, decorated.Chosen, decorated.Upper):
        assert not codec(kind, "sqlite").is_settable or kind is decorated.Upper
    assert codec(decorated.Encrypted, "sqlite", str).type.operators == ("exists",)
    assert codec(decorated.Upper, "sqlite", str).type is STRING
    assert codec(decorated.Email, "sqlite").type.bounds == {"maxLength": 20}
    assert codec(decorated.Email, "sqlite", Settings).type.bounds == {"maxLength": 20}
