from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.exceptions import NotFound
from bzz.http import urls
from bzz.resources.paths import Path, Step
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


def test_no_prefix_is_fine_and_odd_characters_are_encoded() -> None:
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
def test_the_pattern_takes_the_resources_paths_and_no_other(path: str, matches: int) -> None:
    assert bool(re.fullmatch(urls.pattern("/user"), path)) == bool(matches)


def test_a_base_with_characters_of_regular_expressions_is_taken_literally() -> None:
    assert not re.fullmatch(urls.pattern("/v1.0"), "/v1x0")


USERS = Resource(Schema(object, {}))


@given(st.text(min_size=1))
def test_an_identifier_survives_its_way_through_a_url(identifier: str) -> None:
    try:
        path = urls.location("/user", Path((Step(USERS, "user"),)), identifier)
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    assert re.fullmatch(urls.pattern("/user"), path)
    assert urls.segments("/user", path) == [identifier]


def test_a_path_without_identifier_is_the_whole_resource() -> None:
    assert urls.segments("/user", "/user") == urls.segments("/user", "/user/") == []


@pytest.mark.parametrize("path", ["/user/%ff", "/user//", "/user/1//", "/user//1", "/user" + "/1" * 8])
def test_a_path_that_cannot_be_one_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        urls.segments("/user", path)
