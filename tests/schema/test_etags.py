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
RESOURCE = Schema(dict, FIELDS)


def test_a_tag_is_of_what_may_be_read_and_is_not_kept_elsewhere() -> None:
    one: dict[str, Any] = {"name": "Ada", "secret": "x"}
    assert etag(RESOURCE, one) == etag(RESOURCE, one | {"secret": "y"}) == etag(RESOURCE, one | {"members": [1]})
    assert etag(RESOURCE, one) != etag(RESOURCE, one | {"name": "Eve"})
    assert etag(RESOURCE, one, {"members": ["1"], "name": "Ada"}) == etag(RESOURCE, one)


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
def test_a_header_names_tags(header: str, found: list[tuple[str, bool]]) -> None:
    assert parse_entity_tags(header) == found
