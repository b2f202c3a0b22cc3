"""Computed fields: what a model computes when it is read."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pytest

from bzz.resources.resource import Resource
from bzz.schema.computed import computed_values, has_property, with_computed
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.scalars import INTEGER
from bzz.schema.schema import Schema


class Box:
    size: Any = 3

    @property
    def double(self) -> Any:
        return self.size * 2

    @cached_property
    def parts(self) -> Any:
        return {"sizes": [self.size]}

    @property
    def failing(self) -> Any:
        raise LookupError

    def method(self) -> None:
        pass

    @classmethod
    def make(cls) -> None:
        pass


BOX = make_schema(Box, {"id": Field("id", INTEGER)}, pk="id")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("double", True), ("parts", True), ("size", False), ("method", False), ("make", False), ("nothing", False)],
)
def test_properties_are_told_from_methods_and_values(name: str, is_one: bool) -> None:
    assert has_property(Box, name) is is_one


def test_values_are_json_and_null_if_their_computation_fails() -> None:
    schema = with_computed(BOX, ["double", "parts", "failing"])
    found = computed_values(schema, Box(), schema.shown)
    assert found == {"double": 6, "parts": {"sizes": [3]}, "failing": None}


def test_a_value_of_a_known_type_is_typed_or_shown_as_it_is() -> None:
    typed = Field("double", INTEGER, deferred=True, is_computed=True, has_setter=True)
    schema = make_schema(Box, {"id": Field("id", INTEGER), "double": typed}, pk="id")
    box = Box()
    assert [computed_values(schema, box, ["double"]) for box.size in (2, None, "x")] == [
        {"double": 4},
        {"double": None},
        {"double": "xx"},
    ]


def test_a_property_is_shown_through_other_models_only_if_all_hives_show_it() -> None:
    def resource(*names: str) -> Resource:
        return Resource(with_computed(BOX, names))

    def shown(one: Resource) -> Schema:
        return one.schema

    assert shown(resource("double").strictest(resource("double"))).shown == ("double",)
    assert shown(resource("double").strictest(resource())).shown == ()
    assert shown(resource().strictest(resource("double"))).shown == ()
