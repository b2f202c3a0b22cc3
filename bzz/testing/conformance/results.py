"""Cases of results: what a provider's calls return, and the errors that they raise."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.values import Address, Query, Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.testing.conformance.cases import PERSON, UNKNOWN_ID, Cases, case, each
from bzz.testing.conformance.conditions import schema_of
from bzz.testing.conformance.holders import setting
from bzz.testing.conformance.serving import Served, replaced
from bzz.testing.conformance.types import VALUES, parsed
from bzz.testing.conformance.units import writing
from bzz.testing.conformance.visibility import listed
from bzz.testing.conformance.writes import address_of, apply, stored


async def create(provider: Provider, schema: Schema, data: Values) -> Stored:
    """Insert an instance, in its own unit of work."""
    unit_of_work = UnitOfWork(provider)
    try:
        async with unit_of_work.writing(schema):
            return await unit_of_work.create(schema, data)
    finally:
        await unit_of_work.end()


async def delete(provider: Provider, address: Address, check: Any = None) -> Stored:
    """Delete an instance, in its own unit of work."""
    unit_of_work = UnitOfWork(provider)
    try:
        async with unit_of_work.writing(address.schema):
            return await unit_of_work.delete(address, check=check)
    finally:
        await unit_of_work.end()


async def reads(provider: Provider, address: Address) -> list[Stored]:
    """Return the only instance of a model, read in each way: by ``get`` and ``list``, with an instance or without."""
    unit_of_work, found = UnitOfWork(provider), []
    try:
        for needs in (True, False):
            found.append(await unit_of_work.get(address, needs_instances=needs))
            found += (await unit_of_work.list(address.schema, Query(), needs_instances=needs)).items
    finally:
        await unit_of_work.end()
    assert None not in [one.instance for one in found[:2]]
    return found


async def refusal(call: Awaitable[Any]) -> BzzError | None:
    """Return the error that a call raises, or None."""
    try:
        await call
    except BzzError as error:
        return error
    return None


def scribble(value: Any) -> None:
    """Change a list, a dict or an embedded document in place."""
    if isinstance(value, list):
        value.append("scribbled")
    elif isinstance(value, dict):
        value["scribbled"] = "scribbled"
    elif hasattr(value, "city"):
        value.city = "scribbled"


def spoil(one: Stored, feature: str) -> None:
    """Change all that a call has returned, as careless receivers may."""
    for values in (one.values, one.previous or {}):
        scribble(values.get(feature))
        values["name"] = "scribbled"
    if one.instance is not None:
        scribble(getattr(one.instance, feature))
        one.instance.name = "scribbled"


class ResultCases(Cases):
    """Calls return the stored values, and nothing that the store uses itself."""

    @case(feature=each(PERSON))
    async def test_all_calls_return_the_same_values(self, served: Served, feature: str) -> None:
        """They are of the field's Python type. This holds for ``values`` of the returned instance, too."""
        provider, schema = served.provider, schema_of(served)
        first, second, kind = VALUES[feature]
        value, other = parsed(served, feature, first), parsed(served, feature, second)
        made = await create(provider, schema, {"name": "Ada", feature: value})
        address = address_of(served, str(schema.id_of(made.values)))
        got = await stored(provider, address)
        for one in (made, got, *await reads(provider, address)):
            assert same(one.values, got.values)
            assert one.own_class is self.person
            assert one.instance is None or same(provider.values(schema, one.instance), got.values)
        assert {name: got.values[name] for name in ("name", feature)} == {"name": "Ada", feature: value}
        assert isinstance(got.values[feature], kind)
        changed = await apply(provider, address, lambda values: {**values, feature: other})
        assert same(changed.previous, got.values)
        assert same(changed.values, {**got.values, feature: other})
        assert same(provider.values(schema, changed.instance), changed.values)
        assert same((await apply(provider, address, dict)).values, changed.values), "nothing changes"
        gone = await delete(provider, address)
        assert same(gone.values, changed.values)

    @case(feature=each(("age", "tags", "notes", "home")))
    async def test_a_receiver_that_changes_a_result_does_not_change_the_store(
        self, served: Served, feature: str
    ) -> None:
        """The same holds for the data of a create, and for the values that a change has returned."""
        provider, schema = served.provider, schema_of(served)
        value, other = (parsed(served, feature, VALUES[feature][index]) for index in (0, 1))
        data = {"name": "Ada", feature: deepcopy(value)}
        made = await create(provider, schema, data)
        address = address_of(served, str(schema.id_of(made.values)))
        assert data == {"name": "Ada", feature: value}, "the data belongs to bzz"
        scribble(data[feature])
        for one in (made, *await reads(provider, address)):
            spoil(one, feature)
            now = (await stored(provider, address)).values
            assert {name: now[name] for name in data} == {"name": "Ada", feature: value}
        mine = deepcopy(other)
        changed = await apply(provider, address, lambda values: {**values, feature: mine})
        scribble(mine)
        for one in (changed, await apply(provider, address, dict)):
            spoil(one, feature)
            now = (await stored(provider, address)).values
            assert {name: now[name] for name in data} == {"name": "Ada", feature: other}

    @case()
    async def test_a_write_is_of_one_instance(self, served: Served) -> None:
        """Another instance with the same values stays as it is."""
        provider = served.provider
        one, other = [address_of(served, await served.person()) for _ in range(2)]
        await apply(provider, one, lambda values: {**values, "name": "Eve"})
        assert sorted(await served.names("/person")) == ["Ada", "Eve"]
        assert (await stored(provider, other)).values["name"] == "Ada"
        await apply(provider, one, lambda values: {**values, "name": "Ada"})
        await delete(provider, one)
        [left] = (await listed(provider, schema_of(served))).items
        assert left.values == (await stored(provider, other)).values

    @case()
    async def test_a_delete_calls_its_check_with_the_stored_values(self, served: Served) -> None:
        """If the check raises, the instance stays. Else the delete returns its last state."""
        provider, address = served.provider, address_of(served, await served.person())
        now, seen = (await stored(provider, address)).values, list[Values]()

        def refuse(values: Values) -> NoReturn:
            seen.append(dict(values))
            raise Conflict("It is needed.")

        assert isinstance(await refusal(delete(provider, address, refuse)), Conflict)
        assert seen == [now]
        assert await served.names("/person") == ["Ada"]
        assert (await stored(provider, address)).values == now
        assert (await delete(provider, address, seen.append)).values == seen[-1] == now

    @case()
    async def test_a_write_is_of_the_values_that_are_stored_now(self, served: Served) -> None:
        """Another act has changed them after the act had read them."""
        provider, address, seen = served.provider, address_of(served, await served.person()), list[Values]()
        async with writing(served) as unit_of_work:
            loaded = await unit_of_work.get(address)
            await apply(provider, address, lambda values: {**values, "name": "Eve"})
            gone = await unit_of_work.delete(address, check=seen.append, loaded=loaded)
        assert [values["name"] for values in (*seen, gone.values)] == ["Eve"] * 2

    @case()
    async def test_changes_get_the_computed_fields_that_are_asked_for(self, served: Served) -> None:
        """A computed field is a property of the model."""
        key, seen = await served.person(), list[Values]()

        def note(values: Values) -> Values:
            seen.append(values)
            return values

        with replaced(self.person, loud=property(lambda person: person.name.upper())):
            async with served.again(person={"computed": ["loud"]}) as other:
                address = replace(address_of(other, key), undefer={"loud": None})
                await apply(other.provider, address, note)
                await delete(other.provider, address, note)
        assert [values.get("loud") for values in seen] == ["ADA"] * 2

    @case("notes")
    async def test_an_update_replaces_free_json(self, served: Served) -> None:
        """Keys that the new value lacks are gone."""
        provider, address = served.provider, address_of(served, await served.person(notes={"a": {"b": 1, "c": 1}}))
        values: tuple[Any, ...] = ({"a": {"c": 2}}, {"b": []}, {})
        for notes in values:
            written = await apply(provider, address, setting(notes=notes))
            assert written.values["notes"] == (await stored(provider, address)).values["notes"] == notes

    @case("email", "unique")
    async def test_a_unique_value_is_free_again(self, served: Served) -> None:
        """Another instance may take it once its instance has another value, none, or is deleted."""
        keys = [await served.person(name, email=f"{name}@b") for name in ("Ada", "Bob", "Cy")]
        for key, email in zip(keys, ("x@b", None), strict=False):
            assert (await served.api("PUT", f"/person/{key}", json_body={"email": email})).status == 200
        assert (await served.api("DELETE", f"/person/{keys[2]}")).status == 204
        for name in ("Ada", "Bob", "Cy"):
            reply = await served.api("POST", "/person", json_body={"name": "Di", "email": f"{name}@b"})
            assert reply.status == 201, reply.body

    @case()
    async def test_a_call_that_finds_no_instance_raises_not_found(self, served: Served) -> None:
        """Only for an instance that they find, an update calls ``change`` and a delete ``check``."""
        provider, schema = served.provider, schema_of(served)
        gone, called = address_of(served, await served.person("gone")), []

        def note(values: Values) -> Values:
            called.append(values)
            return values

        await apply(provider, gone, note)
        await delete(provider, gone)
        for address in (gone, Address.parse(schema, UNKNOWN_ID), Address.parse(schema, "x y")):
            errors = [
                await refusal(stored(provider, address)),
                await refusal(apply(provider, address, note)),
                await refusal(delete(provider, address, note)),
            ]
            assert [type(error) for error in errors] == [NotFound] * 3
            assert len(called) == 1
        assert (await listed(provider, schema)).items == []

    @case()
    async def test_a_required_value_is_missed_by_the_provider_itself(self, served: Served) -> None:
        """The error has the name of the field. Nothing is stored."""
        provider, schema = served.provider, schema_of(served)
        made = await create(provider, schema, {"name": "Ada"})
        address = address_of(served, str(schema.id_of(made.values)))
        errors = [
            await refusal(create(provider, schema, {})),
            await refusal(create(provider, schema, {"name": None})),
            await refusal(apply(provider, address, lambda values: {**values, "name": None})),
        ]
        assert [(type(error), list(error.errors)) for error in errors if error] == [(Invalid, ["name"])] * 3
        assert await served.names("/person") == ["Ada"]

    @case(feature=each(("active", "status")))
    async def test_null_gives_a_field_its_default(self, served: Served, feature: str) -> None:
        """A field without a value in a POST has its default, too. A field that takes null may keep it."""
        known = schema_of(served).fields[feature]
        default = known.type.dump(parsed(served, feature, {"active": False, "status": "new"}[feature]))
        value = {"active": True, "status": "done"}[feature]
        absent = await served.api.create("/person", name="Ada")
        null = await served.api.create("/person", name="Bob", **{feature: None})
        other = await served.api.create("/person", name="Cy", **{feature: value})
        path = f"/person/{other['id']}"
        emptied = (await served.api("PATCH", path, json_body={feature: None})).json
        assert absent[feature] == default
        for shown in (null, emptied):
            assert shown[feature] in ((default, None) if known.nullable else (default,))
            assert (await served.api("GET", f"/person/{shown['id']}")).json == shown
        await served.api("PATCH", path, json_body={feature: value})
        assert (await served.api("GET", path)).json == other

    @case()
    async def test_a_model_is_described_again_and_an_unknown_class_is_refused(self, served: Served) -> None:
        """Both descriptions are equal. A class that is no model raises TypeError."""
        one, other = (served.provider.describe(self.person) for _ in range(2))
        assert list(one.fields) == list(other.fields)
        assert [known.type.name for known in one.fields.values()] == [k.type.name for k in other.fields.values()]
        assert one.model is self.person
        with pytest.raises(TypeError):
            served.provider.describe(type("Odd", (), {}))

    @case("unreachable")
    async def test_a_description_does_not_need_the_store(self, served: Served) -> None:
        """Neither do the values of an instance. Both are asked for on the event loop."""
        address = address_of(served, await served.person())
        one = await stored(served.provider, address)
        async with self.unreachable() as provider:

            async def described() -> None:
                assert provider.values(provider.describe(self.person), one.instance) == one.values

            assert await refusal(described()) is None, "it asks the store"


def same(one: Any, other: Any) -> bool:
    """Compare two values and their types, at any depth."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    are_related = isinstance(one, type(other)) or isinstance(other, type(one))  # a driver may have a class of its own
    return are_related and isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
