"""Cases of identifiers and unique values: taken, found and free again."""

from __future__ import annotations

from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.providers.conditions import Condition
from bzz.providers.values import Address, Query
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.conditions import schema_of
from bzz.testing.conformance.holders import setting
from bzz.testing.conformance.results import create, delete, refusal
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.visibility import listed
from bzz.testing.conformance.writes import address_of, apply, stored


class IdentityCases(Cases):
    """A value that identifies an instance is its own as long as the instance has it."""

    @case("email", "unique")
    async def test_a_conflict_names_the_field(self, served: Served) -> None:
        """It is raised by the provider itself, for a create and for an update. Nothing is stored."""
        provider, schema = served.provider, schema_of(served)
        await served.person(email="a@b")
        await served.person("Cy", email="")  # which is a value, too
        bob = address_of(served, await served.person("Bob", email="b@c"))
        for values in ({"name": "Eve", "email": "a@b"}, {"name": "Eve", "email": ""}):
            errors = [
                await refusal(create(provider, schema, values)),
                await refusal(apply(provider, bob, setting(**values))),
            ]
            assert [(type(error), list(error.errors)) for error in errors if error] == [(Conflict, ["email"])] * 2
        assert sorted(await served.names("/person")) == ["Ada", "Bob", "Cy"]
        where = [Condition("email", "eq", "b@c")]
        assert len((await listed(provider, schema, Query(where=where))).items) == 1

    @case("email", "unique")
    async def test_an_instance_is_found_by_the_field_that_its_model_names(self, served: Served) -> None:
        """``get_id_field_name()`` names it, and then ``field`` of the address."""
        provider, schema = served.provider, schema_of(served)
        await served.person("Ada", email="a@b")
        await served.person("Bob", email="b@c")
        bob = Address.parse(schema, "b@c", "email")
        assert await refusal(stored(provider, bob)) is None
        found = await stored(provider, bob)
        assert found.values["name"] == "Bob"
        keyed = Address.parse(schema, str(schema.identifier(found.values[str(schema.pk)], schema.pk)), "email")
        assert isinstance(await refusal(stored(provider, keyed)), NotFound), "no email is the key of Bob"
        await apply(provider, bob, lambda values: {**values, "name": "Eve"})
        assert sorted(await served.names("/person")) == ["Ada", "Eve"]
        await delete(provider, bob)
        assert await served.names("/person") == ["Ada"]
        assert isinstance(await refusal(stored(provider, bob)), NotFound)

    @case("country")
    async def test_keys_in_upper_and_lower_case_are_different_keys(self, served: Served) -> None:
        """No call finds an instance by another key."""
        api = served.api
        await api.create("/country", code="pt", name="Portugal")
        for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
            assert (await api(method, "/country/PT", json_body=body)).status == 404
        await api.create("/country", code="PT", name="PORTUGAL")
        assert [(await api("GET", f"/country/{key}")).json["name"] for key in ("pt", "PT")] == ["Portugal", "PORTUGAL"]
        assert (await api("DELETE", "/country/PT")).status == 204
        assert (await api("GET", "/country")).json == [{"id": "pt", "name": "Portugal"}]

    @case()
    async def test_a_change_of_the_key_is_invalid(self, served: Served) -> None:
        """It is refused by the provider itself. The instance keeps all its values."""
        provider, pk = served.provider, str(schema_of(served).pk)
        ada, gone = [address_of(served, await served.person(name)) for name in ("Ada", "gone")]
        await delete(provider, gone)
        error = await refusal(apply(provider, ada, setting(**{pk: gone.key, "name": "Eve"})))
        assert isinstance(error, Invalid)
        assert await served.names("/person") == ["Ada"]
        assert (await stored(provider, ada)).values[pk] == ada.key

    @case("country")
    async def test_the_key_of_a_deleted_instance_is_free(self, served: Served) -> None:
        """The new instance has nothing of the old one."""
        api = served.api
        for body in ({"code": "pt", "name": "Portugal"}, {"code": "pt"}):
            made = await api("POST", "/country", json_body=body)
            assert made.status == 201, made.body
            assert made.json["name"] in ("", None) if "name" not in body else made.json["name"] == "Portugal"
            assert (await api("GET", "/country/pt")).json == made.json
            assert (await api("DELETE", "/country/pt")).status == 204
            assert (await api("GET", "/country")).json == []

    @case("email", "unique")
    async def test_a_unique_value_that_no_instance_has_is_free(self, served: Served) -> None:
        """Another instance was deleted, or has another value now, or its write was refused."""
        ada, bob = await served.person(email="a"), await served.person("Bob", email="b")
        assert (await served.api("PATCH", f"/person/{ada}", json_body={"email": "c"})).status == 200
        assert (await served.api("DELETE", f"/person/{bob}")).status == 204
        assert (await served.api("POST", "/person", json_body={"name": "Eve", "email": "c"})).status == 409
        for email in ("a", "b"):
            made = await served.api("POST", "/person", json_body={"name": "Cy", "email": email})
            assert made.status == 201, made.body
        assert (await served.api("PATCH", f"/person/{ada}", json_body={"email": None})).status == 200
        assert (await served.api("POST", "/person", json_body={"name": "Di", "email": "c"})).status == 201
