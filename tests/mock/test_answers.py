"""Canned answers: the declarations that are refused."""

from __future__ import annotations

from typing import Any

import pytest

import bzz


def function() -> None:
    """Takes no request."""


def generate(request: Any) -> Any:
    yield "x"


async def generate_async(request: Any) -> Any:
    yield "x"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (("GET", "/("), ValueError),
        (("GET", "/(a)/(?P<b>b)"), ValueError),
        (("GET", "user"), ValueError),
        (("GET", ""), ValueError),
        (("GET", "/café"), ValueError),
        (("GET", "/a b"), ValueError),
        (("GET",), TypeError),
        (("GET", "/", {}, {}), TypeError),
        ("GET", TypeError),
        (("GET", "/", {"body": dict}), TypeError),
        (("GET", "/", {"body": generate}), TypeError),
        (("GET", "/", {"body": generate_async}), TypeError),
        (("GET", "/", {"body": max}), ValueError),
        (("GET", "/", {"status": 205, "body": "x"}), ValueError),
        (("GET", "/", {"cookies": {"path": "x"}}), ValueError),
        (("GET", 7), ValueError),
        (("G T", "/"), ValueError),
        (("", "/"), ValueError),
        ((None, "/"), ValueError),
        (("GET", "/", "body"), TypeError),
        (("GET", "/", {"code": 200}), TypeError),
        (("GET", "/", {"status": "ok"}), ValueError),
        (("GET", "/", {"status": 99}), ValueError),
        (("GET", "/", {"status": 600}), ValueError),
        (("GET", "/", {"status": True}), ValueError),
        (("GET", "/", {"status": 200.0}), ValueError),
        (("GET", "/", {"status": 204, "body": "x"}), ValueError),
        (("GET", "/", {"body": 7}), TypeError),
        (("GET", "/", {"body": {"x": object()}}), TypeError),
        (("GET", "/", {"body": function}), TypeError),
        (("GET", "/(.)", {"body": lambda request, one, two: ""}), TypeError),
        (("GET", "/", {"headers": "X: y"}), TypeError),
        (("GET", "/", {"headers": {"X": 1}}), TypeError),
        (("GET", "/", {"headers": {"X Y": "1"}}), ValueError),
        (("GET", "/", {"headers": {"X": "1\r\nY: 2"}}), ValueError),
        (("GET", "/", {"headers": {"X": "Ž"}}), ValueError),
        (("GET", "/", {"headers": {"Content-Length": "3"}}), ValueError),
        (("GET", "/", {"cookies": {"a b": "1"}}), ValueError),
        (("GET", "/", {"cookies": {"a": "1\r\n"}}), ValueError),
        (("GET", "/", {"cookies": {"a": "one two"}}), ValueError),
        (("GET", "/", {"cookies": {"a": None}}), TypeError),
    ],
)
def test_a_wrong_declaration_is_an_error_when_the_routes_are_made(answer: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        bzz.MockHive.routes_for([answer])
