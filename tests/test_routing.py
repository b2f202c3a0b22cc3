from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz import routing
from bzz.exceptions import NotFound


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
    assert routing.snake_case(name) == resource


@pytest.mark.parametrize("prefix", ["api", "/api", "api/", "/api/", "//api//"])
@pytest.mark.parametrize("name", ["user", "/user", "user/", "/user/"])
def test_any_spelling_of_prefix_and_name_is_the_same_path(prefix: str, name: str) -> None:
    assert routing.base_path(prefix, name) == "/api/user"


def test_no_prefix_is_fine_and_odd_characters_are_encoded() -> None:
    assert routing.base_path("", "user") == "/user"
    assert routing.base_path("a pi/v1", "usuário") == "/a%20pi/v1/usu%C3%A1rio"


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("/user", 1),
        ("/user/", 1),
        ("/user/1", 1),
        ("/user/1/", 1),
        ("/users", 0),
        ("/user/1/2", 0),
        ("/xuser", 0),
        ("/user//", 0),
    ],
)
def test_the_pattern_takes_the_resources_paths_and_no_other(path: str, matches: int) -> None:
    assert bool(re.fullmatch(routing.pattern("/user"), path)) == bool(matches)


def test_a_base_with_characters_of_regular_expressions_is_taken_literally() -> None:
    assert not re.fullmatch(routing.pattern("/v1.0"), "/v1x0")


@given(st.text(min_size=1))
def test_an_identifier_survives_its_way_through_a_url(identifier: str) -> None:
    try:
        path = routing.location("/user", identifier)
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    assert re.fullmatch(routing.pattern("/user"), path)
    assert routing.identifier("/user", path) == identifier


def test_a_path_without_identifier_is_the_whole_resource() -> None:
    assert routing.identifier("/user", "/user") is None
    assert routing.identifier("/user", "/user/") is None


def test_an_identifier_that_is_not_utf8_is_not_found() -> None:
    with pytest.raises(NotFound):
        routing.identifier("/user", "/user/%ff")
