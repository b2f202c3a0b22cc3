"""Cases of the needs of reads: values with instances and without, what belongs to the caller, and code of the model."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.exceptions import NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.values import Address, Query, Stored
from bzz.schema.representation import representing_method
from bzz.schema.schema import Schema
from bzz.signals import post_get_instance, post_get_list
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served, replaced
from bzz.testing.conformance.units import writing
from bzz.testing.conformance.writes import address_of, apply

NEEDS = (True, False)
PERSON = {
    "name": "Ada",
    "age": 36,
    "height": 1.5,
    "active": True,
    "notes": {"a": [1]},
    "tags": ["x"],
    "email": "a@b",
    "home": {"city": "Rio"},  # and no street
}


async def read(provider: Provider, address: Address, *, needs_instances: bool) -> list[Stored]:
    """Return an instance as ``get`` returns it, and as ``list`` does."""
    unit_of_work = UnitOfWork(provider)
    try:
        one = await unit_of_work.get(address, needs_instances=needs_instances)
        listing = await unit_of_work.list(address.schema, Query(), needs_instances=needs_instances)
    finally:
        await unit_of_work.end()
    pk = str(address.schema.pk)
    return [one, *(item for item in listing.items if item.values[pk] == one.values[pk])]


class NeedCases(Cases):
    """A read need not return instances. Instances and values that it returns belong to the caller."""

    async def _person(self, served: Served) -> Address:
        """Create a person with the values of ``PERSON``, as far as it has these fields."""
        known = served.provider.describe(self.person).fields
        made = await served.api.create("/person", **{name: PERSON[name] for name in PERSON if name in known})
        return address_of(served, made["id"])

    @case()
    async def test_a_read_tells_the_same_with_instances_and_without(self, served: Served) -> None:
        """An instance has the class that the result names. Its values are those of the result."""
        address = await self._person(served)
        provider, schema = served.provider, address.schema
        whole, item = await read(provider, address, needs_instances=True)
        for one in (whole, item):
            assert type(one.instance) is self.person
            assert provider.values(schema, one.instance) == one.values == whole.values
        for one in await read(provider, address, needs_instances=False):
            assert one.values == whole.values
            assert [type(value) for value in one.values.values()] == [type(value) for value in whole.values.values()]
            assert one.model in (None, self.person)

    @case("pet", needs=NEEDS)
    async def test_a_read_names_the_class_of_each_instance(self, served: Served, needs: bool) -> None:
        """It may be a subclass of the model."""
        key = (await served.api.create("/cat", name="Tom"))["id"]
        address = Address.parse(served.provider.describe(self.pet), key)
        found = await read(served.provider, address, needs_instances=needs)
        kinds = [type(one.instance) if one.instance is not None else one.model for one in found]
        assert kinds == [self.cat] * 2

    @case("note", needs=NEEDS)
    async def test_each_kind_of_read_leaves_hidden_instances_out(self, served: Served, needs: bool) -> None:
        """This is so in one page, in its count, and in the read of one instance."""
        schema: Schema = served.provider.describe(self.note)
        ids = [(await served.api.create("/note", text=text, hidden=text == "b"))["id"] for text in ("a", "b", "c")]
        unit_of_work = UnitOfWork(served.provider)
        try:
            query = Query(count=served.provider.capabilities.count)
            listing = await unit_of_work.list(schema, query, needs_instances=needs)
            with pytest.raises(NotFound):
                await unit_of_work.get(Address.parse(schema, ids[1]), needs_instances=needs)
        finally:
            await unit_of_work.end()
        assert sorted(one.values["text"] for one in listing.items) == ["a", "c"]
        assert listing.total in (2, None)

    @case("notes", needs=NEEDS)
    async def test_values_belong_to_the_caller(self, served: Served, needs: bool) -> None:
        """What the caller changes in them is not stored."""
        address = await self._person(served)
        provider, schema = served.provider, address.schema
        async with writing(served) as unit_of_work:
            created = await unit_of_work.create(schema, {"name": "Bob", "notes": {"a": [1]}})
        written = await apply(provider, address, lambda found: {**found, "name": "Eve"})
        for one in (created, written, *await read(provider, address, needs_instances=needs)):
            one.values["notes"]["a"].append(2)
        bob = Address.parse(schema, str(schema.id_of(created.values)))
        for found in (address, bob):
            for one in await read(provider, found, needs_instances=needs):
                assert one.values["notes"] == {"a": [1]}

    @case()
    async def test_instances_of_reads_belong_to_receivers(self, served: Served) -> None:
        """The reply shows what a receiver changes in them, and the store keeps what it had."""
        address = await self._person(served)

        def scribble(sender: Any, instance: Any = None, items: Any = ()) -> None:
            for one in [instance, *items] if instance is not None else items:
                one.name = "scribbled"

        with post_get_instance.connected_to(scribble), post_get_list.connected_to(scribble):
            assert (await served.api("GET", f"/person/{address.id}")).json["name"] == "scribbled"
            assert await served.names("/person") == ["scribbled"]
        assert await served.names("/person") == ["Ada"]
        assert (await served.api("GET", f"/person/{address.id}")).json["name"] == "Ada"

    @case("note")
    async def test_a_method_that_represents_changes_nothing_in_the_store(self, served: Served) -> None:
        """It changes its instance, in reads and after writes."""
        name = representing_method(self.note)
        method = getattr(self.note, name)

        def scribble(note: Any) -> Any:
            shown = method(note)
            note.text = "scribbled"
            return shown

        with replaced(self.note, **{name: bzz.represents(scribble)}):
            made = await served.api("POST", "/note", json_body={"text": "a"})
            path = made.headers["Location"]
            replies = [(await served.api("GET", path)).json, *(await served.api("GET", "/note")).json]
            replies.append((await served.api("PUT", path, json_body={"hidden": False})).json)
            replies.append((await served.api("GET", path)).json)
        assert [one["shown"] for one in replies] == ["a"] * 4
        assert [one["shown"] for one in (await served.api("GET", "/note")).json] == ["a"]

    @case("note")
    async def test_a_method_that_represents_and_fails_is_500(self, served: Served) -> None:
        """The provider must not handle its exception as its own error. The next request succeeds."""
        name = representing_method(self.note)
        made = await served.api("POST", "/note", json_body={"text": "a"})

        def fail(note: Any) -> Any:
            raise LookupError("a bug")

        with replaced(self.note, **{name: bzz.represents(fail)}):
            for path in ("/note", made.headers["Location"]):
                assert (await served.api("GET", path)).status == 500
        assert [one["shown"] for one in (await served.api("GET", "/note")).json] == ["a"]
