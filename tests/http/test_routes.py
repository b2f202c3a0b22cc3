"""Route lists: ``flatten`` keeps every rule, in order."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.routing
import tornado.web

import bzz


class Empty(tornado.web.RequestHandler):
    """Nothing."""


RULES: list[Any] = [
    ("/a", Empty),
    ["/b", Empty],
    tornado.web.url("/c", Empty),
    tornado.routing.Rule(tornado.routing.AnyMatches(), Empty),
    [tornado.routing.AnyMatches(), Empty],
]


@pytest.mark.parametrize("rule", RULES)
def test_flatten_keeps_a_rule_as_it_is(rule: Any) -> None:
    assert bzz.flatten([rule]) == [rule]
    assert bzz.flatten([[[rule]], []]) == [rule]


def test_flatten_keeps_the_order_of_nested_lists() -> None:
    first, second, third, *_ = RULES
    assert bzz.flatten([first, bzz.RouteList([second]), [[third]]]) == [first, second, third]


def test_flatten_returns_a_route_list() -> None:
    assert isinstance(bzz.flatten([]), bzz.RouteList)
