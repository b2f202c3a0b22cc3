"""Classes with composite primary keys, over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

import bzz
from bzz.exceptions import Invalid, NotFound
from bzz.signals import pre_create_instance, pre_get_instance, pre_update_instance
from bzz.testing.client import Client, Reply
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.shop import SHOP, Account, Base, Line, Order
from tests.support.client import Api

RENAMED: dict[str, Any] = {"rename": {"id": "name"}}


@pytest.fixture
def shop(api: Api, database: Database, io_loop: Any) -> Api:
    """The API with two orders of two lines each, and no other rows."""

    async def fill() -> None:
        await mount(api, database, Base, *SHOP)
        await mount(api, database, Base, Account, **RENAMED)
        for order in (1, 2):
            await api.create("/order")
            for position in (5, 6):
                await api.create("/line", order_id=order, position=position, text=f"{order}.{position}")

    io_loop.run_sync(fill)
    return api


def ids(reply: Reply) -> list[Any]:
    return [row["id"] for row in reply.json]


async def test_the_identifier_joins_the_parts_of_the_key(shop: Client) -> None:
    reply = await shop("POST", "/line", json_body={"order_id": 1, "position": 7})
    line = {"id": "1~7", "order_id": 1, "position": 7, "text": None, "order": "1"}
    assert (reply.status, reply.json) == (201, line)
    assert (reply.headers["Location"], reply.headers["X-Created-Id"]) == ("/line/1~7/", "1~7")
    assert (await shop("GET", "/line/1~7")).json == line
    assert (await shop("DELETE", "/line/1~7")).status == 204
    for path in ("/line/1~7", "/line/1", "/line/1~7~8", "/line/01~7", "/line/x~7", "/line/1~%2537"):
        assert (await shop("GET", path)).status == 404, path


async def test_a_key_may_be_given_whole_or_in_parts_that_agree(shop: Client) -> None:
    assert (await shop.create("/line", id="1~8"))["position"] == 8
    assert (await shop.create("/line", id="1~9", position=9))["id"] == "1~9"
    for body, errors in (
        ({"id": "1~9", "position": 8}, {"position": ["contradicts another value of position"]}),
        ({"id": "1"}, {"id": ["expected 2 values joined by '~'"]}),
        ({"id": "1~x"}, {"id": ["expected an integer"]}),
        ({"order_id": 1}, {"position": ["is required"]}),
        ({}, {"order_id": ["is required"], "position": ["is required"]}),
        ({"order_id": 9, "position": 1}, {"order": ["there is no Order 9"]}),
    ):
        reply = await shop("POST", "/line", json_body=body)
        assert (reply.status, reply.json["errors"]) == (400, errors), body
    taken = await shop("POST", "/line", json_body={"order_id": 1, "position": 5})
    assert taken.status == 409


async def test_a_key_cannot_be_changed(shop: Client) -> None:
    tag = (await shop("GET", "/line/1~5")).headers["ETag"]
    for body in ({"id": "1~6"}, {"position": 6}, {"order": "2"}):
        reply = await shop("PUT", "/line/1~5", json_body=body)
        assert (reply.status, reply.json["errors"]) == (400, {next(iter(body)): ["is read-only"]})
    whole = (await shop("GET", "/line/1~5")).json
    same = await shop("PUT", "/line/1~5", json_body=whole, headers={"If-Match": tag})
    assert (same.status, same.headers["ETag"]) == (200, tag)
    changed = await shop("PUT", "/line/1~5", json_body={**whole, "text": "x"}, headers={"If-Match": tag})
    assert (changed.status, changed.json["text"]) == (200, "x")
    assert (await shop("DELETE", "/line/1~5", headers={"If-Match": tag})).status == 412


async def test_lists_are_filtered_and_sorted_by_the_key(shop: Client) -> None:
    for query, found in (
        ("", ["1~5", "1~6", "2~5", "2~6"]),
        ("sort=-id", ["2~6", "2~5", "1~6", "1~5"]),
        ("sort=-position,id", ["1~6", "2~6", "1~5", "2~5"]),
        ("id=1~6", ["1~6"]),
        ("id__ne=1~6", ["1~5", "2~5", "2~6"]),
        ("id__in=2~5,1~6,9~9", ["1~6", "2~5"]),
        ("id__in=9~9", []),
        ("id__nin=2~5,1~6", ["1~5", "2~6"]),
        ("id__exists=true&position=5", ["1~5", "2~5"]),
        ("id__exists=false", []),
        ("id=", []),
        ("id__ne=&order=1", ["1~5", "1~6"]),
        ("order_id=2", ["2~5", "2~6"]),
    ):
        assert ids(await shop("GET", f"/line?{query}")) == found, query
    assert (await shop("GET", "/line?count=true&order=2")).headers["X-Total-Count"] == "2"
    assert (await shop("GET", "/line?id=1")).status == 400


@pytest.mark.parametrize("sort", ["id", "-id", "-position,id", "-order_id,-id"])
async def test_a_walk_along_cursors_meets_each_row_once(shop: Client, sort: str) -> None:
    path, met = f"/line?per_page=1&sort={sort}", list[str]()
    while path:
        page = await shop("GET", path)
        met += ids(page)
        nexts = [part for part in page.headers["Link"].split(", ") if 'rel="next"' in part]
        assert all("after=" in part for part in nexts)
        path = nexts[0][1 : nexts[0].index(">")] if nexts else ""
    assert met == ids(await shop("GET", f"/line?sort={sort}"))
    assert len(met) == 4


async def test_the_rest_of_the_key_is_enough_below_the_parent(shop: Client) -> None:
    for path in ("/order/1/lines/5", "/order/1/lines/1~5"):
        assert (await shop("GET", path)).json["text"] == "1.5", path
    for path in (
        "/order/1/lines/2~5",
        "/order/1/lines/9",
        "/order/9/lines/5",
        "/order/x/lines/5",
        "/order/1/lines/%25",
    ):
        assert (await shop("GET", path)).status == 404, path
    assert ids(await shop("GET", "/order/2/lines")) == ["2~5", "2~6"]
    assert ids(await shop("GET", "/order/2/lines?sort=-id&per_page=1")) == ["2~6"]
    shown = (await shop("GET", "/order/1?fields=lines")).json["lines"]
    expanded = (await shop("GET", "/order/1?expand=lines")).json["lines"]
    assert (shown, [line["text"] for line in expanded]) == (["1~5", "1~6"], ["1.5", "1.6"])
    assert ids(await shop("GET", "/order?lines__contains=2~6")) == ["2"]
    assert ids(await shop("GET", "/order?lines__exists=true")) == ["1", "2"]
    assert (await shop("POST", "/order/1/lines", json_body={"lines": ["2~5"]})).status == 405


async def test_several_foreign_keys_are_one_reference(shop: Client) -> None:
    shipment = await shop.create("/shipment", line="1~5")
    assert shipment == {"id": "1", "line": "1~5"}
    await shop.create("/shipment")
    for query, found in (
        ("line=1~5", ["1"]),
        ("line__ne=1~5", ["2"]),
        ("line__in=1~5,1~6", ["1"]),
        ("line__nin=1~5,", []),
        ("line__in=1~5,", ["1", "2"]),
        ("line=", ["2"]),
        ("line__exists=false", ["2"]),
    ):
        assert ids(await shop("GET", f"/shipment?{query}")) == found, query
    assert (await shop("GET", "/shipment/1/line")).json["text"] == "1.5"
    assert (await shop("GET", "/shipment/1?expand=line.order")).json["line"]["order"]["id"] == "1"
    assert (await shop("GET", "/shipment/1/line/order/lines/1~6")).json["text"] == "1.6"
    assert (await shop("PATCH", "/shipment/1", json_body={"line": "2~6"})).json["line"] == "2~6"
    assert (await shop("PATCH", "/shipment/1", form={"line": ""})).json["line"] is None
    for key, message in (("9~9", "there is no Line 9~9"), ("1", "expected 2 values joined by '~'")):
        reply = await shop("PATCH", "/shipment/1", json_body={"line": key})
        assert (reply.status, reply.json["errors"]) == (400, {"line": [message]})
    assert (await shop("PUT", "/shipment/1", json_body={"order_id": 1})).json["errors"] == {
        "order_id": ["unknown field"]
    }


async def test_members_join_and_leave_an_instance_with_a_composite_key(shop: Client) -> None:
    for _ in range(2):
        await shop.create("/shipment")
    joined = await shop("POST", "/line/1~5/shipments", json_body={"shipments": ["1", "2"]})
    assert (joined.status, [one["line"] for one in joined.json]) == (201, ["1~5", "1~5"])
    assert (await shop("DELETE", "/line/1~5/shipments/1")).status == 204
    assert (await shop("GET", "/shipment/1")).json["line"] is None
    assert (await shop("GET", "/line/1~5?fields=shipments")).json == {"shipments": ["2"]}
    assert (await shop("POST", "/shipment/2/line", json_body={"line": "2~5"})).json["id"] == "2~5"


async def test_many_to_many_relations_have_composite_sides(shop: Client) -> None:
    await shop.create("/label", lines=["1~5", "2~6"])
    assert (await shop("GET", "/label/1?fields=lines")).json == {"lines": ["1~5", "2~6"]}
    assert ids(await shop("GET", "/line/2~6/labels")) == ["1"]
    assert (await shop("DELETE", "/label/1/lines/1~5")).status == 204
    joined = await shop("POST", "/line/2~5/labels", json_body={"labels": ["1"]})
    assert (joined.status, joined.headers["Location"]) == (201, "/line/2~5/labels/1/")
    joined = await shop("POST", "/label/1/lines", form={"lines[]": "1~6"})
    assert (joined.status, joined.headers["Location"]) == (201, "/label/1/lines/1~6/")
    assert ids(await shop("GET", "/label/1/lines")) == ["1~6", "2~5", "2~6"]
    missing = await shop("POST", "/label/1/lines", json_body={"lines": ["1~9"]})
    assert missing.json["errors"] == {"lines": ["there is no Line 1~9"]}
    assert (await shop("PUT", "/label/1?fields=lines", json_body={"lines": ["2~6"]})).json == {"lines": ["2~6"]}


async def test_text_is_escaped_inside_a_key_and_once_more_in_a_url(shop: Client) -> None:
    account = await shop.create("/account", tenant="a~b", name="50% /é")
    assert account == {"id": "a%7Eb~50%25 /é", "tenant": "a~b", "name": "50% /é"}
    [found] = (await shop("GET", f"/account?id={quote(account['id'], safe='')}")).json
    reply = await shop("GET", f"/account/{quote(found['id'], safe='')}")
    assert (reply.status, reply.json) == (200, account)
    again = await shop("PUT", f"/account/{quote(found['id'], safe='')}", json_body=account)
    assert again.status == 200
    other = await shop("POST", "/account", json_body={"tenant": "c", "name": "~"})
    assert other.headers["Location"] == "/account/c~%257E/"
    assert (await shop("GET", "/account/c~%257E/")).json == {"id": "c~%7E", "tenant": "c", "name": "~"}
    assert (await shop("GET", "/account/c~~")).status == 404


async def test_a_reference_may_share_columns_with_the_primary_key(shop: Client) -> None:
    for tenant in ("a", "b"):
        await shop.create("/account", tenant=tenant, name="x")
    made = await shop.create("/invoice", tenant="a", number=1, account="a~x")
    assert made == {"id": "a~1", "tenant": "a", "number": 1, "account": "a~x"}
    assert (await shop.create("/invoice", number=2, account="b~x"))["tenant"] == "b"
    for method, path in (("POST", "/invoice"), ("PATCH", "/invoice/a~1")):
        reply = await shop(method, path, json_body={"account": "b~x"} | ({"id": "a~9"} if method == "POST" else {}))
        assert reply.status == 400
        assert "contradicts another value of tenant" in str(reply.json["errors"])
    assert (await shop("PATCH", "/invoice/a~1", json_body={"account": None})).json["account"] is None
    joined = await shop("POST", "/account/a~x/invoices", json_body={"invoices": ["a~1"]})
    assert (joined.status, joined.json["account"]) == (201, "a~x")
    assert (await shop("GET", "/account/a~x/invoices/1")).json["id"] == "a~1"
    refused = await shop("POST", "/account/a~x/invoices", json_body={"invoices": ["b~2"]})
    assert refused.json["errors"] == {"invoices": ["b~2 has another tenant, which is part of its key"]}
    assert (await shop("DELETE", "/account/a~x/invoices/a~1")).status == 204
    assert (await shop("GET", "/invoice/a~1")).json["account"] is None


async def test_parts_are_converted_and_may_have_defaults(shop: Client) -> None:
    made = await shop.create("/measure", time="2020-01-01T00:00:00Z", value=1)
    assert made["id"] == "2020-01-01T00:00:00Z~main"
    await shop.create("/measure", time="2020-01-01T01:00:00+01:00", sensor="other")
    for path in ("/measure/2020-01-01T00:00:00Z~other", "/measure?id=2020-01-01T00:00:00Z~other&sort=-id"):
        assert "other" in (await shop("GET", path)).body.decode(), path
    page = await shop("GET", "/measure?per_page=1")
    path = page.headers["Link"].split(", ")[-1]
    assert [one["sensor"] for one in (await shop("GET", path[1 : path.index(">")])).json] == ["other"]


async def test_plain_code_gives_keys_as_tuples_or_text(shop: Client, database: Database) -> None:
    lines = bzz.ModelHive("sqlalchemy", Line, session_factory=database.factory)
    orders = bzz.ModelHive("sqlalchemy", Order, session_factory=database.factory)
    labels = bzz.ModelHive("sqlalchemy", Line.labels.property.mapper.class_, session_factory=database.factory)
    assert (await lines.get((1, 5))).text == (await lines.get("1~5")).text == "1.5"
    assert (await orders.get(1, "lines", 5)).text == (await orders.get(1, "lines", (1, 5))).text == "1.5"
    assert [line.position for line in await lines.list(id=(2, 6))] == [6]
    assert (await lines.update((1, 5), {"text": "new"})).text == "new"
    with pytest.raises(Invalid) as caught:
        await lines.update((1, 5), {"position": 9})
    assert caught.value.errors == {"position": ["is read-only"]}
    label = await labels.create({"lines": [(1, 5)]})
    [joined] = await labels.associate(label.id, "lines", (2, 5))
    assert joined.text == "2.5"
    with pytest.raises(NotFound):
        await lines.get((1, 5, 6))


async def test_receivers_see_and_set_keys_as_tuples(shop: Client) -> None:
    told: list[Any] = []

    @pre_create_instance.connect_via(Line)
    async def place(sender: Any, data: Any) -> None:
        told.append(dict(data))
        data["id"] = (data.pop("order_id"), 98 + data.pop("position"))

    @pre_update_instance.connect_via(Line)
    async def note(sender: Any, instance: Any) -> None:
        told.append((instance.order_id, instance.position))

    @pre_get_instance.connect_via(Line)
    def reads(sender: Any, arguments: Any) -> None:
        told.append(arguments)

    assert (await shop.create("/line", order_id=1, position=1))["id"] == "1~99"
    await shop("PATCH", "/line/1~99", json_body={"text": "x"})
    await shop("GET", "/order/1/lines/99")
    assert told == [{"order_id": 1, "position": 1}, (1, 99), ["order/1", "lines/1~99"]]
