from __future__ import annotations

import pytest

from bzz.catalogue import restrict
from bzz.changes import Patch, parse_patch
from tests.test_resources import RESOURCE, errors_of


def test_options_restrict_what_a_request_may_see_and_set() -> None:
    resource = restrict(
        RESOURCE, fields=["name", "age", "password", "meta"], exclude=["meta"], read_only=["age"], write_only=["name"]
    )
    assert [key for key, _ in resource.readable] == ["id", "age"]
    assert resource.parse_insert({"name": "x", "password": "y"}) == {"name": "x", "password": "y"}
    assert errors_of(resource.parse_insert, {"meta": 1, "address": {}, "age": 1}) == {
        "meta": ["unknown field"],
        "address": ["unknown field"],
        "age": ["is read-only"],
    }
    assert parse_patch(resource, {"age": 3}) == Patch(resource, {}, {"age": 3})


def test_an_option_that_names_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match="exclude: Model has no field nmae, zzz"):
        restrict(RESOURCE, exclude=["zzz", "nmae", "age"])
