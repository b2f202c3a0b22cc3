"""Values that are read without a document equal those of the document that MongoEngine makes."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import mongoengine as me
import pytest
from bson import DBRef, Decimal128, Int64, ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bzz
from bzz.providers import Address, Listing, Query, Schema, Stored
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.mongoengine.documents import document_class_of
from bzz.providers.mongoengine.loading import load_document, read_stored
from bzz.signals import post_get_instance, post_get_list
from tests.providers.mongoengine.models import Color, Defaulted, Everything, Order, Part, Person
from tests.providers.mongoengine.samples import everything
from tests.providers.mongoengine.sightings import ODD, SORTED, Sighting, fill
from tests.support.client import Api
from tests.support.made import MadeProvider

KEY = ObjectId("0123456789abcdef01234567")


class Level(me.EnumField):
    """A class of an application's own, with MongoEngine's conversions."""


class CentsField(me.IntField):
    """Stores cents, and has euros."""

    def to_python(self, value: Any) -> Any:
        return value / 100

    def to_mongo(self, value: Any) -> Any:
        return int(value * 100)


class Ship(me.Document):
    name = me.StringField(db_field="n", default="Argo")
    motto = me.StringField(default="none", null=True)
    color = Level(Color, default="red")
    built = me.ComplexDateTimeField(default=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    price = CentsField(default=lambda: 5)
    hidden = me.FileField()
    _secret = me.DecimalField()
    parts = me.MapField(me.ListField(me.EmbeddedDocumentField(Part)))
    meta: dict[str, Any] = {"allow_inheritance": True, "strict": False}  # noqa: RUF012  # as MongoEngine declares it


class Steamer(Ship):
    power = me.DecimalField()


class Renamed(Ship):
    name = me.IntField(db_field="m")


class Open(me.DynamicDocument):
    name = me.StringField()


DOCUMENTS: list[tuple[Any, dict[str, Any]]] = [
    (Person, {"n": "Ada", "e": "ada@example.com"}),
    (Person, {"_text_score": 1.5}),
    (Defaulted, {}),
    (Defaulted, {"free": None, "part": {"_cls": "Part"}}),
    (Order, {"lines": [{"number": 1, "text": "a"}], "any": {"_cls": "Line", "text": "b"}, "ranked": [{"r": 2}]}),
    (Ship, {"_cls": "Ship", "n": None, "motto": None, "color": None, "old": 1}),
    (Ship, {"_cls": "Ship.Steamer", "n": "b", "power": 2.5, "price": 7, "hidden": KEY, "_secret": 1.5}),
    (Ship, {"color": 2, "built": "2026,01,02,03,04,05,000006", "parts": {"a": [{"_cls": "Part.Bigger", "more": "b"}]}}),
    (Ship, {"built": datetime(2026, 1, 2, 3, 4, 5, 6000), "color": "blue"}),
    (Steamer, {"_cls": "Ship.Steamer", "n": Int64(3), "power": "much"}),
    (Renamed, {"_cls": "Ship.Renamed", "m": 1}),
    (Open, {"name": "a"}),
]
MADE: list[tuple[Any, dict[str, Any]]] = [
    (Person, {"old": 1}),
    (Ship, {"name": "the name of another key"}),
    (Ship, {"pk": 1}),
    (Ship, {"_cls": "Ship.Renamed", "m": 1}),
    (Ship, {"_cls": "Person"}),
    (Ship, {"_cls": "Ship.Steamer", "power": 1e40}),
    (Ship, {"_secret": 1e40}),
    (Ship, {"parts": {"a": {"b": 1}}}),
    (Ship, {"parts": ["a"]}),
    (Open, {"name": "a", "more": {"b": 1}}),
    (Order, {"any": {"_cls": "Gone"}}),
    (Order, {"lines": [None]}),
]


def shape(value: Any) -> Any:
    """Return something that is equal only for equal values of equal types."""
    if isinstance(value, (list, tuple)):
        return type(value), [shape(item) for item in value]
    if isinstance(value, (me.Document, me.EmbeddedDocument)):
        return type(value), repr(value.to_mongo())
    if isinstance(value, dict):
        return type(value), [(key, shape(item)) for key, item in value.items()]
    return type(value), repr(value)


def is_read(model: Any, raw: dict[str, Any]) -> bool:
    """Return whether a document is read without being made. If it is, its values must be those of the document."""
    found = read_stored(document_class_of(model), deepcopy(raw))
    if found is None:
        return False
    document, is_broken = load_document(model, deepcopy(raw))
    assert (found.own_class, found.is_broken) == (type(document), is_broken)
    assert shape(found.values) == shape(document_class_of(model).values(document))
    return True


@pytest.mark.parametrize(("model", "raw"), DOCUMENTS)
def test_a_document_that_mongoengine_loads_is_read(model: Any, raw: dict[str, Any]) -> None:
    assert is_read(model, {"_id": KEY, **raw})


@pytest.mark.parametrize(("model", "raw"), MADE)
def test_a_document_that_may_be_broken_is_made(model: Any, raw: dict[str, Any]) -> None:
    assert not is_read(model, {"_id": KEY, **raw})


def stored_everything() -> dict[str, Any]:
    """A document with a value in each field."""
    known = document_class_of(Everything)
    given = {name: value for name, value in everything(str(KEY)).items() if name != "cached"}
    document: dict[str, Any] = known.build(known.schema.parse_new(given)).to_mongo().to_dict()
    return {**document, "_id": KEY, "number": 1, "code": "C1", "unchosen_part": {"_cls": "Part.Bigger", "more": "a"}}


def test_a_document_with_a_value_in_each_field_is_read(mongodb: None) -> None:
    assert is_read(Everything, stored_everything())


STRANGE: list[Any] = [
    *ODD,
    *("", [], {}, 0, "red", 2, "2026,01,02,03,04,05,000006", DBRef("person", KEY), datetime(9999, 1, 1, tzinfo=UTC)),
    *([1, "2", True], ["a", {"b": [1.5]}], [{"name": "a", "size": "2"}], [[1], "a"], {"a": [1, None]}, {"a": "1"}),
    *({"name": "a"}, {"name": b"a", "old": 1}, {"_cls": "Part.Bigger", "more": "b"}, {"_cls": "Gone"}),
    *({"_cls": "Person", "n": "b"}, {"_cls": "Person", "_ref": DBRef("person", KEY)}, {"_id": KEY, "name": "b"}),
    *({"_cls": "Tree", "value": 1.5, "children": [{"children": None}]}, [{"_cls": "Part.Bigger"}, {"size": None}]),
    *([Decimal128("1.5"), 2.5], {"type": "Point", "coordinates": [1, 2]}),
]
KEYS = [field.db_field for name, field in Everything._fields.items() if name != "id"]


@given(st.dictionaries(st.sampled_from([*KEYS, "_cls", "old"]), st.sampled_from(STRANGE), max_size=6))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_is_read_as_it_is_made_or_is_made(mongodb: None, strange: dict[str, Any]) -> None:
    is_read(Everything, {**stored_everything(), **strange})
    is_read(Everything, {"_id": KEY, **strange})


def test_each_strange_value_in_each_field(mongodb: None) -> None:
    read = sum(is_read(Everything, {"_id": KEY, key: value}) for key in KEYS for value in STRANGE)
    assert read > len(KEYS) * len(STRANGE) / 2


def _with(**attributes: Any) -> Any:
    return type("Own", (me.Document,), {"name": me.StringField(), **attributes})


def _set(self: Any, instance: Any, value: Any) -> None:
    me.StringField.__set__(self, instance, f"set {value}")


def _make(self: Any, *args: Any, **values: Any) -> None:
    me.Document.__init__(self, *args, **{**values, "name": "made"})


OwnField = type("OwnField", (me.StringField,), {"__set__": _set})
OwnFile = type("OwnFile", (me.FileField,), {"to_python": lambda self, value: 1 / 0})
OWN: list[Any] = [
    _with(__init__=_make),
    _with(STRICT=True),
    _with(name=OwnField()),
    _with(file=OwnFile()),
    _with(name=me.StringField(db_field="title"), title=me.StringField(db_field="name")),
    type("Own", (_with(meta={"abstract": True}),), {"name": property(lambda self: "own", lambda self, value: None)}),
]


@pytest.mark.parametrize("model", OWN)
def test_a_class_whose_documents_are_made_in_another_way_is_not_read(model: Any) -> None:
    assert not is_read(model, {"_id": KEY, "name": "a"})


@pytest.mark.parametrize("signal", [me.signals.pre_init, me.signals.post_init], ids=lambda signal: str(signal.name))
@pytest.mark.parametrize("sender", [Defaulted, Part, None])
def test_documents_are_made_while_a_receiver_gets_them(signal: Any, sender: Any) -> None:
    def receive(*args: Any, **keywords: Any) -> None: ...

    raw = {"_id": KEY, "part": {"_cls": "Part"}}
    with signal.connected_to(receive, **({"sender": sender} if sender else {})):
        assert not is_read(Defaulted, raw)
        assert is_read(Person, {"_id": KEY}) == (sender is not None)
    assert is_read(Defaulted, raw)


async def replies(api: Api, name: str, paths: list[str]) -> list[Any]:
    """GET each path below ``/name``, and return what the replies tell. The paths in them do not contain the name."""
    found = [await api("GET", f"/{name}{path}") for path in paths]
    told = [(reply.headers.get("ETag"), reply.headers.get("Link", "").replace(name, "")) for reply in found]
    return [(reply.status, reply.body, headers) for reply, headers in zip(found, told, strict=True)]


async def test_replies_of_documents_that_other_programs_have_written_are_the_same(api: Api, mongodb: None) -> None:
    """One of the two hives makes each document."""
    hives = {"read": bzz.ModelHive(MongoEngineProvider(), Sighting), "made": bzz.ModelHive(MadeProvider(), Sighting)}
    api.mount(*(bzz.Api([hive], prefix=name).routes() for name, hive in hives.items()))
    fill(ODD)
    lists = [f"?sort={sign}{name}&per_page=7" for name in SORTED for sign in ("", "-")]
    lists += ["?count=true", "?fields=count,spot", "?count__gte=1&page=2&per_page=3", "?at__exists=true&fields=at"]
    paths = [f"/sighting{query}" for query in lists] + [f"/sighting/{one.pk}" for one in Sighting.objects.only("pk")]
    read, made = [await replies(api, name, paths) for name in hives]
    assert read == made
    assert {status for status, *_ in read} == {200}
    for hive in hives.values():
        await hive.close()


class Doubled(me.Document):
    name = me.StringField()

    @property
    def twice(self) -> str:
        return f"{self.name}{self.name}"


class WatchedProvider(MongoEngineProvider):
    """Notes for each stored instance that it returns whether there is a document."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[bool] = []

    async def get(self, address: Address, **options: Any) -> Stored:
        stored = await super().get(address, **options)
        self.made.append(stored.instance is not None)
        return stored

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        listing = await super().list(schema, query, **options)
        self.made += [item.instance is not None for item in listing.items]
        return listing


async def test_a_read_makes_documents_only_where_something_needs_them(api: Api, mongodb: None) -> None:
    provider = WatchedProvider()
    api.mount(bzz.ModelHive.routes_for(provider, Doubled, computed=["twice"]))
    path = f"/doubled/{Doubled(name='a').save().pk}"

    def receive(sender: Any) -> None: ...

    for one in ("/doubled", path):
        assert b"aa" not in (await api("GET", f"{one}?fields=name")).body
        assert b"aa" in (await api("GET", one)).body
        for signal in (post_get_instance, post_get_list):
            with signal.connected_to(receive, sender=Doubled):
                await api("GET", f"{one}?fields=name")
    assert provider.made == [False, True, False, True, False, True, True, False]
    await provider.close()
