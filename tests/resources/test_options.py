"""The options that restrict a schema and its methods."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.lifecycle.patches import parse_patch
from bzz.resources.options import parse_methods, restrict
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.scalars import INTEGER, STRING
from tests.support.schemas import SCHEMA, Model, errors_of, fields

COLLIDING = make_schema(Model, fields(Field("code", STRING), Field("id", INTEGER), Field("city", STRING)), pk="code")


def test_options_restrict_the_fields_that_a_request_may_read_and_set() -> None:
    schema = restrict(
        SCHEMA, fields=["name", "age", "password", "meta"], exclude=["meta"], read_only=["age"], write_only=["name"]
    )
    assert [key for key, _ in schema.readable] == ["id", "age"]
    assert schema.parse_new({"name": "x", "password": "y"}) == {"name": "x", "password": "y"}
    assert errors_of(schema.parse_new, {"meta": 1, "address": {}, "age": 1}) == {
        "meta": ["unknown field"],
        "address": ["unknown field"],
        "age": ["is read-only"],
    }
    patch = parse_patch(schema, {"age": 3})
    assert (patch.data, patch.fixed) == ({}, {"age": 3})


def test_an_option_that_names_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match="exclude: Model has no field nmae, zzz"):
        restrict(SCHEMA, exclude=["zzz", "nmae", "age"])


@pytest.mark.parametrize("option", ["fields", "exclude", "read_only", "write_only"])
def test_a_text_in_place_of_a_list_of_names_is_refused(option: str) -> None:
    given: dict[str, Any] = {option: "name"}
    with pytest.raises(TypeError, match=f"{option} must be a list of names, not the text 'name'"):
        restrict(SCHEMA, **given)


def test_the_primary_key_stays_readable_beside_the_named_fields() -> None:
    assert [key for key, _ in restrict(SCHEMA, fields=["name"]).readable] == ["id", "name"]
    assert [key for key, _ in restrict(SCHEMA, fields=["name"], exclude=["id"]).readable] == ["name"]


def test_methods_are_given_in_any_case_and_get_brings_head() -> None:
    assert parse_methods(["get", "POST"]) == {"GET", "HEAD", "POST"}
    assert parse_methods(["put"]) == {"PUT"}


def test_an_unknown_method_is_refused_and_so_is_a_text() -> None:
    with pytest.raises(ValueError, match="methods are GET, POST, PUT, PATCH, DELETE, not BREW, GTE"):
        parse_methods(["GTE", "brew", "get"])
    with pytest.raises(TypeError, match="methods must be a list of names, not the text 'GET'"):
        parse_methods("GET")


def test_a_renamed_field_has_its_public_name_in_requests_and_its_own_in_plain_code() -> None:
    schema = restrict(COLLIDING, rename={"id": "number", "city": "town"}, read_only=["town"])
    assert schema.represent({"code": "a", "id": 7, "city": "Rio"}) == {"id": "a", "number": 7, "town": "Rio"}
    assert schema.parse({"id": "a", "number": "7", "town": "Rio"}) == {"code": "a", "id": 7, "city": "Rio"}
    assert schema.parse({"code": "a", "id": 7}, hidden=True) == {"code": "a", "id": 7}
    assert errors_of(schema.parse_new, {"city": "Rio", "number": "x"}) == {
        "city": ["unknown field"],
        "number": ["expected an integer"],
    }
    assert errors_of(schema.parse_new, {"town": "Rio"}) == {"town": ["is read-only"]}


def test_names_may_be_swapped() -> None:
    schema = restrict(COLLIDING, rename={"id": "city", "city": "town"})
    assert schema.parse({"city": 7, "town": "Rio"}) == {"id": 7, "city": "Rio"}


def test_a_hidden_field_id_needs_no_other_name() -> None:
    schema = restrict(COLLIDING, exclude=["id"])
    assert schema.represent({"code": "a", "id": 7, "city": None}) == {"id": "a", "city": None}
    assert errors_of(schema.parse_new, {"number": 7}) == {"number": ["unknown field"]}
    assert schema.parse_new({"id": "a"}) == {"code": "a"}


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ({}, r"Model: the fields code and id both have the public name id; .* rename=\{'id': ...\}"),
        ({"id": "city"}, "the fields id and city both have the public name city"),
        ({"id": "number", "city": "id"}, "the fields code and city both have the public name id"),
        ({"code": "slug", "id": "number"}, "the public name of the primary key, code, is always id"),
        ({"id": "a.b"}, "'a.b' cannot be the public name of id"),
        ({"id": None}, "None cannot be the public name of id"),
        ({"nmae": "name"}, "rename: Model has no field nmae"),
        ("id", "rename must be a dict from the model's name of a field to its public name, not 'id'"),
    ],
)
def test_public_names_that_are_no_names_or_collide_are_refused(rename: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        restrict(COLLIDING, rename=rename)
