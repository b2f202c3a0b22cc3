"""The options that restrict a schema and its methods."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.lifecycle.patches import Patch, parse_patch
from bzz.resources.options import parse_methods, restrict
from tests.support.schemas import SCHEMA, errors_of


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
    assert parse_patch(schema, {"age": 3}) == Patch(schema, {}, {"age": 3})


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
