"""Random requests: none is answered 500, and none writes a field that requests may not write."""

from __future__ import annotations

import asyncio
import itertools
import json
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import mongoengine as me
import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.testing
import tornado.web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bzz
from bzz.providers.memory import MemoryProvider

counter = itertools.count()


@dataclass
class Account:
    """Has a field that no request may set, and attributes that no request may reach."""

    name: str = ""
    id: str = field(default_factory=lambda: f"id{next(counter)}")
    number: int | None = 0
    free: dict[str, Any] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    owner: str = "nobody"
    hidden: ClassVar[str] = "class attribute"


class Inner(me.EmbeddedDocument):
    name = me.StringField()
    number = me.IntField()


class Stored(me.Document):
    """Has the same, and each type of field that might misread a request."""

    name = me.StringField()
    number = me.IntField()
    free = me.DictField()
    items = me.ListField(me.StringField())
    owner = me.StringField(default="nobody")
    hidden = "class attribute"
    inner = me.EmbeddedDocumentField(Inner)
    inners = me.EmbeddedDocumentListField(Inner)
    price = me.DecimalField()
    exact = me.Decimal128Field()
    at = me.DateTimeField()
    on = me.DateField()
    binary = me.BinaryField()
    dynamic = me.DynamicField()
    numbers = me.MapField(me.IntField())
    point = me.PointField(auto_index=False)
    polygon = me.PolygonField(auto_index=False)
    lines = me.MultiLineStringField(auto_index=False)
    itself = me.ReferenceField("self")
    any_reference = me.GenericReferenceField(choices=["Stored"])
    any_inner = me.GenericEmbeddedDocumentField(choices=[Inner])
    any_inners = me.MapField(me.GenericEmbeddedDocumentField(choices=[Inner]))
    inner_map = me.MapField(me.EmbeddedDocumentField(Inner))
    indexed = me.PointField()
    sorted = me.SortedListField(me.DynamicField())
    anyone = me.GenericReferenceField()
    meta = {"db_alias": "hostile"}  # noqa: RUF012


FIELDS = [
    *Stored._fields,
    "hidden",
    "pk",
    "_cls",
    "__class__",
    "__dict__",
    "_data",
    "objects",
    "type",
    "value",
    "coordinates",
]
NAMES = (
    st.sampled_from(FIELDS)
    | st.text(max_size=4)
    | st.sampled_from(["$set", "$where", "name.$ne", "inner.name", "items[]"])
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**65)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["0" * 24, "Inner", "Stored", "2026-01-01", "1e9999", "NaN", "\x00", "\ud800", "Point", "AA=="])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
TEXT = st.text(string.printable, max_size=6) | LEAVES.map(str)


def encode_form(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(pairs, errors="surrogatepass").encode()


BODIES = st.one_of(
    st.tuples(
        st.just("application/json"), st.dictionaries(NAMES, VALUES, max_size=4).map(lambda v: json.dumps(v).encode())
    ),
    st.tuples(
        st.just("application/json"),
        st.dictionaries(st.sampled_from(list(Stored._fields)), VALUES, min_size=1, max_size=1).map(
            lambda v: json.dumps(v).encode()
        ),
    ),
    st.tuples(st.just("application/json"), st.binary(max_size=20)),
    st.tuples(
        st.just("application/x-www-form-urlencoded"), st.lists(st.tuples(NAMES, TEXT), max_size=4).map(encode_form)
    ),
    st.tuples(st.just("application/x-www-form-urlencoded"), st.binary(max_size=20)),
    st.tuples(st.sampled_from(["", "text/plain", "multipart/form-data; boundary=b"]), st.binary(max_size=20)),
)
QUERIES = st.lists(st.tuples(NAMES | st.sampled_from(["page", "per_page", "sort"]), TEXT | NAMES), max_size=3).map(
    lambda pairs: urlencode(pairs, errors="surrogatepass")
) | st.text(string.printable.replace("#", "").strip(), max_size=8).map(lambda text: quote(text, safe="&=%+"))
IDENTIFIERS = (
    st.just("") | st.just("EXISTING") | st.text(max_size=5) | st.sampled_from(["0" * 24, "%00", "%ff", "..%2f"])
)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
WRITES = st.tuples(st.just("PATCH"), st.just("EXISTING"), st.just(""))
CREATES = st.tuples(st.just("POST"), st.just(""), st.just(""))
REQUESTS = WRITES | CREATES | st.tuples(METHODS, IDENTIFIERS, QUERIES)


class Server:
    """A real server and a real client, for many requests of one test."""

    def __init__(self, loop: asyncio.AbstractEventLoop, routes: Any) -> None:
        self.loop = loop
        socket, port = tornado.testing.bind_unused_port()
        self.url = f"http://127.0.0.1:{port}"
        self.http = tornado.httpserver.HTTPServer(tornado.web.Application(routes))
        self.http.add_socket(socket)
        self.client = tornado.httpclient.AsyncHTTPClient(force_instance=True)

    def request(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> tuple[int, bytes]:
        async def fetch() -> tuple[int, bytes]:
            got = await self.client.fetch(
                self.url + path,
                method=method,
                body=body,
                headers={"Content-Type": content_type},
                raise_error=False,
                allow_nonstandard_methods=True,
            )
            return got.code, got.body

        return self.loop.run_until_complete(fetch())

    def create(self, path: str) -> str:
        status, body = self.request("POST", path, b'{"name": "x"}', "application/json")
        assert status == 201, body
        return str(json.loads(body)["id"])


@contextmanager
def serving(routes: Any) -> Iterator[Server]:
    loop = asyncio.new_event_loop()

    async def make() -> Server:
        return Server(loop, routes)

    server = loop.run_until_complete(make())
    yield server
    server.client.close()
    server.http.stop()
    loop.run_until_complete(server.http.close_all_connections())
    loop.close()


@pytest.fixture(scope="module")
def memory() -> Iterator[tuple[Server, MemoryProvider]]:
    provider = MemoryProvider()
    with serving(bzz.ModelHive.routes_for(provider, Account, read_only=["owner"])) as server:
        yield server, provider


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REQUESTS, BODIES)
def test_no_request_breaks_the_server_or_writes_a_forbidden_field(
    memory: tuple[Server, MemoryProvider], request_: tuple[str, str, str], body: tuple[str, bytes]
) -> None:
    (server, provider), (method, identifier, query) = memory, request_
    existing = server.create("/account")
    target = existing if identifier == "EXISTING" else quote(identifier, safe="%", errors="surrogatepass")
    path = f"/account/{target}" + (f"?{query}" if query else "")
    status, reply = server.request(method, path, None if method in ("GET", "HEAD") else body[1], body[0])
    assert status < 500, (method, path, body, reply)
    for key, account in provider._tables[Account].items():
        assert (account.id, account.owner) == (key, "nobody")
        assert vars(account).keys() == {"name", "id", "number", "free", "items", "owner"}
        assert type(account.name) is str
        assert account.number is None or type(account.number) is int
        assert all(type(item) is str for item in account.items)
    assert Account.hidden == Stored.hidden == "class attribute"
    provider._tables[Account].clear()


@pytest.fixture(scope="module")
def store(mongodb_uri: str) -> Iterator[Server]:
    client = me.connect("bzz_hostile", "hostile", host=mongodb_uri, uuidRepresentation="standard")
    with serving(bzz.ModelHive.routes_for("mongoengine", Stored, read_only=["owner"], timeout=30)) as server:
        yield server
    client.drop_database("bzz_hostile")
    me.disconnect("hostile")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REQUESTS, BODIES)
def test_no_request_breaks_the_store_or_leaves_an_unreadable_document(
    store: Server, request_: tuple[str, str, str], body: tuple[str, bytes]
) -> None:
    method, identifier, query = request_
    existing = store.create("/stored")
    target = existing if identifier == "EXISTING" else quote(identifier, safe="%", errors="surrogatepass")
    path = f"/stored/{target}" + (f"?{query}" if query else "")
    status, reply = store.request(method, path, None if method in ("GET", "HEAD") else body[1], body[0])
    assert status < 500, (method, path, body, reply)
    collection = Stored._get_collection()
    fields = {field.db_field for field in Stored._fields.values()}
    for raw in collection.find():
        assert raw.keys() <= fields
        assert raw["owner"] == "nobody"
    status, listed = store.request("GET", "/stored?per_page=100")
    assert status == 200
    for item in json.loads(listed):
        assert store.request("PUT", f"/stored/{item['id']}", json.dumps(item).encode(), "application/json")[0] == 200
    collection.delete_many({})
