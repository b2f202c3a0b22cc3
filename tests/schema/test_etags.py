from __future__ import annotations

from typing import Any

import pytest

from bzz.http.headers import parse_entity_tags
from bzz.schema.containers import List
from bzz.schema.etags import etag
from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema

FIELDS = {
    "name": Field("name", STRING),
    "secret": Field("secret", STRING, readable=False),
    "members": Field("members", List(INTEGER), deferred=True),
}
SCHEMA = Schema(dict, FIELDS)


def test_a_tag_names_the_readable_values_without_deferred_ones() -> None:
    one: dict[str, Any] = {"name": "Ada", "secret": "x"}
    assert etag(SCHEMA, one) == etag(SCHEMA, one | {"secret": "y"}) == etag(SCHEMA, one | {"members": [1]})
    assert etag(SCHEMA, one) != etag(SCHEMA, one | {"name": "Eve"})
    assert etag(SCHEMA, one, {"members": ["1"], "name": "Ada"}) == etag(SCHEMA, one)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("*", [("*", False)]),
        ('"a"', [('"a"', False)]),
        ('W/"a", "b,c"', [('"a"', True), ('"b,c"', False)]),
        ("a", []),
        ("", []),
    ],
)
def test_a_header_is_parsed_into_tags_and_whether_each_is_weak(header: str, found: list[tuple[str, bool]]) -> None:
    assert parse_entity_tags(header) == found
