"""Lists of rules: what hives make, and what an application takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tornado.routing import Matcher


class RouteList(list[Any]):
    """Rules, as ``tornado.web.Application`` takes them: what ``routes_for`` and ``flatten`` return."""


def flatten(routes: Iterable[Any]) -> RouteList:
    """Return one list of rules from route lists and ordinary Tornado rules, in their order.

    Args:
        routes: lists of routes, as ``routes_for`` returns them, which are spliced however deep, and rules as
            ``tornado.web.Application`` takes them, be they written as tuples or as lists.
    """
    flat = RouteList()
    for item in routes:
        is_rule = not isinstance(item, list) or (item and isinstance(item[0], (str, Matcher)))
        flat += [item] if is_rule else flatten(item)
    return flat
