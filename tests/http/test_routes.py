"""Lists of rules: whatever an application takes is kept as it is, and in its order."""

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
def test_a_rule_is_kept_as_it_is(rule: Any) -> None:
    assert bzz.flatten([rule]) == [rule]
    assert bzz.flatten([[[rule]], []]) == [rule]


def test_lists_are_spliced_in_their_order() -> None:
    first, second, third, *_ = RULES
    assert bzz.flatten([first, bzz.RouteList([second]), [[third]]]) == [first, second, third]


def test_what_is_made_is_a_route_list() -> None:
    assert isinstance(bzz.flatten([]), bzz.RouteList)
