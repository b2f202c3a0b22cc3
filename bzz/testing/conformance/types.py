"""Cases of types: values in requests, in signals and in replies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bzz.signals import post_update_instance, pre_create_instance
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import PERSON, SCALARS, Cases, Status, case, each
from bzz.testing.conformance.serving import Served

VALUES: Mapping[str, tuple[Any, Any, type]] = {  # from field to two values in JSON and their Python type
    "email": ("ada@example.com", "bob@example.com", str),
    "age": (3, -4, int),
    "height": (1.5, 2.25, float),
    "active": (True, False, bool),
    "status": ("done", "new", Status),
    "balance": ("12.50", "-0.25", Decimal),
    "born": ("2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z", datetime),
    "day": ("2026-01-02", "1900-12-31", date),
    "wake": ("07:30:00", "23:59:59", time),
    "token": (str(UUID(int=7)), str(UUID(int=8)), UUID),
    "photo": ("AAEC", "/w==", bytes),
    "notes": ({"a": [1, None, {"b": "c d"}], "e": 1.5}, ["x", True], dict),
    "tags": (["math", "a.b", "50%"], ["x"], list),
    "home": ({"city": "Rio", "street": "Rua Ä 1"}, {"city": "Lisbon", "street": None}, dict),
}
WRONG: Mapping[str, Any] = {  # from field to a value that the field's type refuses
    "email": 5,
    "age": "three",
    "height": [1],
    "active": "maybe",
    "status": "unheard of",
    "balance": "much",
    "born": "yesterday",
    "day": "2026-13-01",
    "wake": "25:00",
    "token": "x",
    "photo": "not base64!",
    "tags": "math",
    "home": {"planet": "Earth"},
}
EMPTY: Mapping[str, tuple[Any, ...]] = {  # a field that was set to null has no value, or its default
    "active": (None, False),
    "status": (None, "new"),
    "tags": (None, []),
}


JSON_TYPES: Mapping[str, type | tuple[type, ...]] = {  # of JSON Schema
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class TypeCases(Cases):
    """Values of each type are stored, shown, announced and used in filters."""

    @case(feature=each(PERSON))
    async def test_a_field_says_what_its_values_are(self, served: Served, feature: str) -> None:
        """Its JSON Schema holds for the values that replies show."""
        known = served.hives["person"].resource.schema.fields[feature]
        first, second, _ = VALUES[feature]
        described = known.type.json_schema()
        kind = JSON_TYPES.get(described.get("type", ""), object)
        assert isinstance(first, kind)
        assert isinstance(second, kind)
        assert {first, second} <= {*known.members.values()} if known.members else "enum" not in described
        assert described == {**described, **known.bounds}
        assert [*known.members.values()] == (["new", "done"] if feature == "status" else [])
        assert known.unique == (feature == "email" and served.provider.capabilities.unique)

    @case()
    async def test_a_field_says_whether_it_needs_a_value(self, served: Served) -> None:
        """The name of a person is required, the age is not."""
        fields = served.hives["person"].resource.schema.fields
        assert (fields["name"].required, fields["age"].required, fields["age"].nullable) == (True, False, True)
        assert all(known.default is None for known in (fields["name"], fields["age"]))

    @case(feature=each(("active", "status")))
    async def test_a_field_says_its_default(self, served: Served, feature: str) -> None:
        """The default is a typed value. A provider that cannot tell it says None."""
        default = served.hives["person"].resource.schema.fields[feature].default
        assert default is None or default is {"active": False, "status": Status.NEW}[feature]

    @case(feature=each(PERSON))
    async def test_a_value_is_shown_as_it_was_sent(self, served: Served, feature: str) -> None:
        """POST, GET, PUT and PATCH show the value.

        The same holds for null. An update with the values that GET showed changes nothing.
        """
        value, other, _ = VALUES[feature]
        made = await served.api.create("/person", name="Ada", **{feature: value})
        assert made[feature] == value
        path = f"/person/{made['id']}"
        got = await served.api("GET", path)
        assert got.json == made
        with capture(post_update_instance) as sent:
            assert (await served.api("PUT", path, json_body=got.json)).json == made
        assert [one.keywords["updated_fields"] for one in sent] == [{}]
        changed = await served.api("PATCH", path, json_body={feature: other})
        assert (changed.status, changed.json[feature]) == (200, other)
        assert (await served.api("GET", path)).json == made | {feature: other}
        emptied = await served.api("PATCH", path, json_body={feature: None})
        assert emptied.status == 200
        assert emptied.json[feature] in EMPTY.get(feature, (None,))
        assert (await served.api("GET", path)).json == emptied.json

    @case(feature=each(PERSON))
    async def test_receivers_get_values_of_the_fields_type(self, served: Served, feature: str) -> None:
        """Receivers get the values in ``data`` and in ``updated_fields``.

        ``updated_fields`` has the fields that differ and no others.
        """
        value, other, kind = VALUES[feature]
        with capture(pre_create_instance) as sent:
            key = await served.person(**{feature: value})
        assert isinstance(sent[0].keywords["data"][feature], kind)
        with capture(post_update_instance) as sent:
            assert (await served.api("PUT", f"/person/{key}", json_body={feature: other})).status == 200
        [told] = [one.keywords["updated_fields"] for one in sent]
        assert {name.partition(".")[0] for name in told} == {feature}
        if feature not in ("home", "notes"):
            assert isinstance(told[feature]["from"], kind)
            assert told[feature]["from"] == parsed(served, feature, value)
            assert told[feature]["to"] == parsed(served, feature, other)

    @case(feature=each(WRONG))
    async def test_a_wrong_value_is_refused_by_field_and_not_stored(self, served: Served, feature: str) -> None:
        """A POST and a PUT with the value are refused."""
        refused = await served.api("POST", "/person", json_body={"name": "Ada", feature: WRONG[feature]})
        assert (refused.status, [name.partition(".")[0] for name in refused.json.get("errors", ())]) == (400, [feature])
        assert await served.names("/person") == []
        key = await served.person()
        refused = await served.api("PUT", f"/person/{key}", json_body={feature: WRONG[feature]})
        assert (refused.status, [name.partition(".")[0] for name in refused.json.get("errors", ())]) == (400, [feature])

    @case(feature=each(name for name in SCALARS if name != "photo"))
    async def test_a_list_is_filtered_by_a_value(self, served: Served, feature: str) -> None:
        """The operators are ``eq``, ``in`` and ``nin``.

        The stored value came from a form.
        """
        value, other, _ = VALUES[feature]
        form = urlencode({"name": "Ada", feature: json.dumps(value) if isinstance(value, bool) else value})
        assert (await served.api("POST", "/person", form=form)).status == 201
        await served.person("Bob", **{feature: other})
        for text, found in ((value, ["Ada"]), (other, ["Bob"])):
            asked = json.dumps(text) if isinstance(text, bool) else str(text)
            assert await served.names(f"/person?{urlencode({feature: asked})}") == found
            assert await served.names(f"/person?{urlencode({f'{feature}__in': asked})}") == found
            assert await served.names(f"/person?{urlencode({f'{feature}__nin': asked})}") != found

    @case()
    async def test_a_computed_field_is_read_where_it_is_asked_for(self, served: Served) -> None:
        """It is a property of the model. Lists, single reads and writes show it."""
        names: list[str] = []

        def loud(person: Any) -> Any:
            names.append(person.name)
            return person.name.upper()

        await served.person()
        model: Any = self.person
        model.loud = property(loud)
        try:
            async with served.again(person={"computed": ["loud"]}) as other:
                made = await other.api.create("/person", name="Bob")
                path = f"/person/{made['id']}"
                shown = [made, (await other.api("GET", path)).json, *(await other.api("GET", "/person")).json]
                shown.append((await other.api("PATCH", path, json_body={"name": "Eve"})).json)
                assert sorted(str(one.get("loud")) for one in shown) == ["ADA", "BOB", "BOB", "BOB", "EVE"]
            names.clear()
            assert sorted(await served.names("/person")) == ["Ada", "Eve"]
            assert names == [], "nobody has asked for it"
        finally:
            del model.loud


def parsed(served: Served, feature: str, value: Any) -> Any:
    """Return the Python value of a person's field for a JSON value."""
    return served.hives["person"].resource.schema.fields[feature].type.parse(value)
