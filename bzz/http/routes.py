"""Route lists: the rules that hives make and applications take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tornado.routing import Matcher


class RouteList(list[Any]):
    """A list of rules that ``tornado.web.Application`` takes.

    ``routes_for`` and ``flatten`` return such a list.
    """


def flatten(routes: Iterable[Any]) -> RouteList:
    """Flatten nested lists of rules to one list, in their order.

    Args:
        routes: rules of Tornado (a tuple, a list that begins with a pattern, or an instance of ``Rule``), and lists of
            rules, nested to any depth.
    """
    flat = RouteList()
    for item in routes:
        is_rule = not isinstance(item, list) or (item and isinstance(item[0], (str, Matcher)))
        flat += [item] if is_rule else flatten(item)
    return flat
