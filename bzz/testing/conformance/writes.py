"""Cases of writes. A refused write changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tornado.web import HTTPError

from bzz.exceptions import Forbidden, NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.changes import Change
from bzz.providers.values import Address, Stored
from bzz.schema.fields import Values
from bzz.signals import (
    post_create_instance,
    post_delete_instance,
    post_update_instance,
    pre_create_instance,
    pre_delete_instance,
    pre_update_instance,
    request_failed,
)
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served


def address_of(served: Served, key: str) -> Address:
    """Return the address of the person with the key ``key``."""
    schema = served.hives["person"].resource.schema
    return Address.parse(schema, key)


async def apply(provider: Provider, address: Address, change: Change, *, exact: bool = False) -> Stored:
    """Apply a change to the instance at an address, in its own unit of work."""
    unit_of_work = UnitOfWork(provider)
    try:
        async with unit_of_work.writing(address.schema):
            return await unit_of_work.update(address, change, exact=exact)
    finally:
        await unit_of_work.end()


async def stored(provider: Provider, address: Address) -> Stored:
    """Return the instance at an address, in its own unit of work."""
    unit_of_work = UnitOfWork(provider)
    try:
        return await unit_of_work.get(address)
    finally:
        await unit_of_work.end()


class WriteCases(Cases):
    """Cases of requests that create, update and delete instances."""

    @case()
    async def test_a_created_instance_is_found_at_its_location(self, served: Served) -> None:
        """The instance has its own id.

        Its entity tag stays the same until an update.
        """
        made = [await served.api("POST", "/person", json_body={"name": name}) for name in ("Ada", "Bob")]
        assert [one.status for one in made] == [201, 201]
        assert made[0].json["id"] != made[1].json["id"]
        for one in made:
            assert one.headers["X-Created-Id"] == one.json["id"]
            got = await served.api("GET", one.headers["Location"])
            assert (got.json, got.headers.get("ETag")) == (one.json, one.headers["ETag"])
        changed = await served.api("PUT", made[0].headers["Location"], json_body={"name": "Eve"})
        assert changed.headers["ETag"] != made[0].headers["ETag"]
        assert (await served.api("GET", made[0].headers["Location"])).headers["ETag"] == changed.headers["ETag"]

    @case()
    async def test_a_generated_key_cannot_be_set(self, served: Served) -> None:
        """Neither a POST nor a PUT can set the key.

        A PUT may contain the key that the instance already has.
        """
        key = await served.person()
        other = await served.person("Bob")
        refused = await served.api("POST", "/person", json_body={"name": "Eve", "id": other})
        assert (refused.status, refused.json.get("errors", {})) == (400, {"id": ["is read-only"]})
        assert (await served.api("PUT", f"/person/{key}", json_body={"id": other})).status == 400
        assert (await served.api("PUT", f"/person/{key}", json_body={"id": key})).status == 200

    @case()
    async def test_a_missing_required_field_is_refused(self, served: Served) -> None:
        """It is refused before receivers run, and again after a receiver has removed its value."""
        key = await served.person()
        heard = []

        def drop(sender: Any, data: dict[str, Any]) -> None:
            heard.append(data.pop("name"))

        with pre_create_instance.connected_to(drop):
            for path, body in (("", {}), ("", {"name": None}), (f"/{key}", {"name": None}), ("", {"name": "Eve"})):
                refused = await served.api("PUT" if path else "POST", f"/person{path}", json_body=body)
                assert (refused.status, list(refused.json.get("errors", {}))) == (400, ["name"])
        assert heard == ["Eve"]

    @case("email", "unique")
    async def test_a_taken_unique_value_is_a_conflict(self, served: Served) -> None:
        """A POST and a PUT with the value are refused.

        Instances without a value do not conflict.
        """
        await served.person(email="a@b")
        bob = await served.person("Bob")
        await served.person("Cy")
        for method, path in (("POST", "/person"), ("PUT", f"/person/{bob}")):
            refused = await served.api(method, path, json_body={"name": "Dora", "email": "a@b"})
            assert (refused.status, refused.json.get("errors", {})) == (409, {"email": ["is taken"]})
        assert sorted(await served.names("/person")) == ["Ada", "Bob", "Cy"]

    @case("country")
    async def test_a_clients_key_is_inserted_once_and_never_changes(self, served: Served) -> None:
        """A POST must never replace an instance."""
        api = served.api
        missing = await api("POST", "/country", json_body={"name": "Nowhere"})
        assert (missing.status, list(missing.json.get("errors", {}))) == (400, ["id"])
        made = await api("POST", "/country", json_body={"code": "pt", "name": "Portugal"})
        assert (made.status, made.headers["Location"]) == (201, "/country/pt/")
        taken = await api("POST", "/country", json_body={"code": "pt", "name": "Elsewhere"})
        assert taken.status == 409, taken.body
        assert taken.json["errors"] == {"id": ["is taken"]}
        assert (await api("PUT", "/country/pt", json_body={"id": "br"})).status == 400
        assert (await api("GET", "/country")).json == [{"id": "pt", "name": "Portugal"}]
        odd = await api("POST", "/country", json_body={"code": "a/b ü", "name": "Odd"})
        assert (await api("GET", odd.headers["Location"])).json == odd.json

    @case("age")
    async def test_an_update_announces_the_fields_that_differ(self, served: Served) -> None:
        """``updated_fields`` is empty if no field differs."""
        key = await served.person(age=3)
        with capture(pre_update_instance, post_update_instance) as sent:
            reply = await served.api("PUT", f"/person/{key}", json_body={"name": "Ada", "age": 4})
            again = await served.api("PUT", f"/person/{key}", json_body={"name": "Ada", "age": 4})
        assert reply.json == again.json
        assert reply.json["age"] == 4
        diff = {"age": {"from": 3, "to": 4}}
        assert [one.keywords["updated_fields"] for one in sent] == [diff, diff, {}, {}]

    @case("home")
    async def test_embedded_documents_are_merged(self, served: Served) -> None:
        """An update merges field by field.

        Null unsets a field or the whole document.
        """
        key = await served.person(home={"city": "Rio", "street": "A"})
        with capture(post_update_instance) as sent:
            for change, left in (
                ({"city": "Bari"}, {"city": "Bari", "street": "A"}),
                ({"street": None}, {"city": "Bari", "street": None}),
                (None, None),
                ({"city": "Lisbon"}, {"city": "Lisbon", "street": None}),
            ):
                assert (await served.api("PATCH", f"/person/{key}", json_body={"home": change})).json["home"] == left
        told = [one.keywords["updated_fields"] for one in sent]
        assert told[:2] == [
            {"home.city": {"from": "Rio", "to": "Bari"}},
            {"home.street": {"from": "A", "to": None}},
        ]
        assert [list(one) for one in told[2:]] == [["home"], ["home"]]

    @case()
    async def test_a_deleted_instance_is_not_found(self, served: Served) -> None:
        """The reply to a second DELETE is a 404.

        Receivers get the instance in its last state.
        """
        key = await served.person()
        with capture(pre_delete_instance, post_delete_instance) as sent:
            assert (await served.api("DELETE", f"/person/{key}")).status == 204
            assert (await served.api("DELETE", f"/person/{key}")).status == 404
        assert [(one.signal, one.keywords["instance"].name) for one in sent] == [
            ("pre_delete_instance", "Ada"),
            ("post_delete_instance", "Ada"),
        ]
        assert await served.names("/person") == []

    @case()
    async def test_a_write_that_a_receiver_refuses_is_not_stored(self, served: Served) -> None:
        """A receiver may raise any exception.

        The next request is answered as usual.
        """
        key = await served.person()
        for error, status in ((Forbidden("No."), 403), (HTTPError(418), 418), (RuntimeError("a bug"), 500)):

            def refuse(sender: Any, error: Exception = error) -> None:
                raise error

            for signal, method, path in (
                (pre_create_instance, "POST", "/person"),
                (pre_update_instance, "PUT", f"/person/{key}"),
                (pre_delete_instance, "DELETE", f"/person/{key}"),
            ):
                body = None if method == "DELETE" else {"name": "Eve"}
                with signal.connected_to(refuse), capture(request_failed) as sent:
                    assert (await served.api(method, path, json_body=body)).status == status
                assert [one.keywords["error"] for one in sent] == [error]
                assert await served.names("/person") == ["Ada"]
        assert (await served.api("PUT", f"/person/{key}", json_body={"name": "Eve"})).json["name"] == "Eve"

    @case("age")
    async def test_changes_of_receivers_to_data_are_stored_and_to_the_instance_not(self, served: Served) -> None:
        """``updated_fields`` shows the value that the receiver set."""

        def change(sender: Any, data: dict[str, Any], instance: Any) -> None:
            data["age"] = "7"
            instance.name = "scribbled"

        key = await served.person(age=3)
        with pre_update_instance.connected_to(change), capture(post_update_instance) as sent:
            reply = await served.api("PUT", f"/person/{key}", json_body={"age": 4})
        assert (reply.json["name"], reply.json["age"]) == ("Ada", 7)
        assert sent[0].keywords["updated_fields"] == {"age": {"from": 3, "to": 7}}
        assert (await served.api("GET", f"/person/{key}")).json == reply.json

    @case("age")
    async def test_an_update_applies_the_change_to_the_stored_values(self, served: Served) -> None:
        """The update returns the values before and after it.

        A change that raises an exception does not alter the stored values.
        """
        provider, address = served.provider, address_of(served, await served.person(age=3))
        seen: list[Values] = []

        def older(values: Values) -> Values:
            seen.append(dict(values))
            return {**values, "age": values["age"] + 1}

        def fail(values: Values) -> Values:
            raise NotFound("It is not what it was.")

        written = await apply(provider, address, older, exact=True)
        with pytest.raises(NotFound, match="not what it was"):
            await apply(provider, address, fail)
        assert written.previous == seen[-1]
        assert written.previous["age"] == 3
        now = await stored(provider, address)
        assert now.values == written.values == {**seen[-1], "age": 4}

    @case("age")
    async def test_updates_of_different_fields_both_survive(self, served: Served) -> None:
        """Both updates are announced before one of them is written."""
        key, both = await served.person(age=3), asyncio.Barrier(2)

        async def wait(sender: Any) -> None:
            await both.wait()

        with pre_update_instance.connected_to(wait):
            await asyncio.gather(
                *(served.api("PUT", f"/person/{key}", json_body=body) for body in ({"name": "Eve"}, {"age": 4}))
            )
        now = (await served.api("GET", f"/person/{key}")).json
        assert (now["name"], now["age"]) == ("Eve", 4)

    @case(method=("PUT", "DELETE"))
    async def test_an_instance_deleted_during_a_write_stays_deleted(self, served: Served, method: str) -> None:
        """The reply to a PUT or DELETE of the instance is a 404."""
        key, hive = await served.person(), served.hives["person"]
        signal = pre_update_instance if method == "PUT" else pre_delete_instance
        is_first = True

        async def delete(sender: Any) -> None:
            nonlocal is_first
            if is_first:
                is_first = False
                await hive.delete(key)

        body = {"name": "Eve"} if method == "PUT" else None
        with signal.connected_to(delete):
            assert (await served.api(method, f"/person/{key}", json_body=body)).status == 404
        assert await served.names("/person") == []

    @case("unit")
    async def test_a_write_is_one_unit_of_work_that_receivers_share(self, served: Served) -> None:
        """Receivers of ``pre_`` signals get the unit of work.

        Each write has another unit of work. Receivers of ``post_`` signals get None.
        """
        units: list[Any] = []

        def note(sender: Any, unit: Any) -> None:
            units.append(unit)

        with pre_create_instance.connected_to(note), pre_update_instance.connected_to(note):
            key = await served.person()
            await served.api("PUT", f"/person/{key}", json_body={"name": "Eve"})
        assert len({id(unit) for unit in units if unit is not None}) == 2
        with post_create_instance.connected_to(note):
            await served.person()
        assert units[-1] is None
