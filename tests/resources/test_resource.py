from __future__ import annotations

import pytest

from bzz.resources.options import Requirement, restrict
from bzz.resources.resource import Authenticated, Resource
from bzz.schema.fields import Field
from bzz.schema.scalars import STRING
from bzz.schema.schema import Schema
from tests.support.schemas import ADDRESS, SCHEMA, Model, fields


def test_the_strictest_of_two_resources_allows_what_both_allow() -> None:
    one = Resource(restrict(SCHEMA, exclude=["age"]), frozenset({"GET", "POST"}), per_page=10, max_body=5)
    other = Resource(restrict(SCHEMA, read_only=["name"]), frozenset({"GET", "PUT"}), max_per_page=50)
    for resource in (one.strictest(other), other.strictest(one)):
        known = resource.schema.fields
        assert (known["age"].readable, known["age"].insertable, known["age"].updatable) == (False, False, False)
        assert (known["name"].readable, known["name"].insertable, known["name"].updatable) == (True, False, False)
        assert resource.methods == {"GET"}
        assert (resource.per_page, resource.max_per_page, resource.max_body) == (10, 50, 5)


def test_the_strictest_resource_keeps_its_own_fields_and_order() -> None:
    base = Resource(Schema(Model, fields(Field("name", STRING, readable=False)), sort=(("name", True),)))
    derived = Resource(Schema(Model, fields(Field("name", STRING), Field("breed", STRING)), sort=(("breed", False),)))
    schema = derived.strictest(base).schema
    assert [name for name, _ in schema.readable] == ["breed"]
    assert schema.sort == (("breed", False),)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"get": (True,)}, {"get": (False,)}, {"get": {True, False}}),
        ({"get": (True,)}, {}, {"get": {True, None}}),
        ({"get": (False,)}, {"get": (False,)}, {"get": {False}}),
        ({"get": (False,)}, {"update": (callable,)}, {"get": {False, None}, "update": {callable, None}}),
        ({}, {}, {}),
    ],
)
def test_the_requirements_of_both_resources_hold_and_the_policys_where_one_has_none(
    one: Authenticated, other: Authenticated, both: dict[str, set[Requirement]]
) -> None:
    first, second = Resource(SCHEMA, authenticated=one), Resource(SCHEMA, authenticated=other)
    for resource in (first.strictest(second), second.strictest(first)):
        assert {verb: set(needed) for verb, needed in resource.authenticated.items()} == both
        assert all(len(needed) == len(both[verb]) for verb, needed in resource.authenticated.items())


def test_embedded_documents_have_the_options_of_their_parent() -> None:
    parent = Resource(SCHEMA, frozenset({"GET"}), per_page=7)
    inner = parent.inside(ADDRESS.schema)
    assert (inner.schema, inner.methods, inner.per_page) == (ADDRESS.schema, frozenset({"GET"}), 7)
    assert parent.inside(ADDRESS.schema) is inner
