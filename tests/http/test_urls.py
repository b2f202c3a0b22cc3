"""URLs: names, base paths, segments and ``Location``."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.exceptions import NotFound
from bzz.http import urls
from bzz.providers.memory import MemoryProvider
from bzz.resources.paths import Path, Step
from bzz.resources.reach import PlainReach
from bzz.resources.resource import Resource
from bzz.schema.schema import Schema


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("User", "user"),
        ("CustomQuerySet", "custom_query_set"),
        ("HTTPServer2", "http_server2"),
        ("OAuth2App", "o_auth2_app"),
    ],
)
def test_a_class_name_becomes_snake_case(name: str, resource: str) -> None:
    assert urls.snake_case(name) == resource


@pytest.mark.parametrize("prefix", ["api", "/api", "api/", "/api/", "//api//"])
@pytest.mark.parametrize("name", ["user", "/user", "user/", "/user/"])
def test_any_spelling_of_prefix_and_name_is_the_same_path(prefix: str, name: str) -> None:
    assert urls.base_path(prefix, name) == "/api/user"


def test_a_base_path_may_have_no_prefix_and_is_percent_encoded() -> None:
    assert urls.base_path("", "user") == "/user"
    assert urls.base_path("a pi/v1", "usuário") == "/a%20pi/v1/usu%C3%A1rio"


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("/user", 1),
        ("/user/", 1),
        ("/user/1", 1),
        ("/user/1/", 1),
        ("/users", 0),
        ("/user/1/2/", 1),
        ("/xuser", 0),
        ("/users/1", 0),
    ],
)
def test_the_pattern_matches_the_paths_of_the_resource_only(path: str, matches: int) -> None:
    assert bool(re.fullmatch(urls.pattern("/user"), path)) == bool(matches)


def test_a_dot_in_the_base_path_is_no_wildcard() -> None:
    assert not re.fullmatch(urls.pattern("/v1.0"), "/v1x0")


USERS = Resource(Schema(object, {}))


@given(st.text(min_size=1))
def test_segments_reads_the_identifier_that_location_writes(identifier: str) -> None:
    try:
        path = urls.location("/user", Path((Step(USERS, "user"),), PlainReach(MemoryProvider())), identifier)
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    assert re.fullmatch(urls.pattern("/user"), path)
    assert urls.segments("/user", path) == [identifier]


def test_a_path_without_identifier_has_no_segments() -> None:
    assert urls.segments("/user", "/user") == urls.segments("/user", "/user/") == []


@pytest.mark.parametrize("path", ["/user/%ff", "/user//", "/user/1//", "/user//1", "/user" + "/1" * 8])
def test_a_path_with_an_empty_or_malformed_segment_or_too_many_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        urls.segments("/user", path)
