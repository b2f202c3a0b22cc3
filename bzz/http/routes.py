"""Route lists: the rules that hives make and applications take."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, PathMatches, ReversibleRuleRouter, Router, Rule, URLSpec

from bzz.http import urls


class RouteList(Rule, Router, Sequence[Any]):
    """A sequence of rules that ``tornado.web.Application`` takes, alone or as one rule in a list.

    Hives and ``flatten`` make route lists. Several applications may have the same route list. As the target of a rule
    it must be in a list: ``(HostMatches('example.com'), [routes])``.

    Args:
        rules: a function that returns the rules below a prefix. The prefix may have any spelling, and may be empty.
    """

    def __init__(self, rules: Callable[[str], Iterable[Any]]) -> None:
        self._rules_below, self._found = rules, threading.local()
        self._rules = [*rules("")]
        self._router = _RuleRouter(self._rules)
        super().__init__(_FirstRule(self, self._router), self._router)

    @property
    def target(self) -> Any:
        """The target of the rule that has just matched in this thread.

        Tornado reads it once, right after ``match``. At other times it is a router that reverses URLs.
        """
        return vars(self._found).pop("target", self._router)

    @target.setter
    def target(self, target: Any) -> None:
        """Keep a target until Tornado reads it."""
        self._found.target = target

    def below(self, prefix: str) -> RouteList:
        """Return the same routes below a further prefix.

        Args:
            prefix: the prefix in any spelling: ``v1``, ``/v1``, ``/v1/``.

        Raises:
            TypeError: a rule does not match the path of a request.
        """
        return RouteList(lambda outer: self._rules_below(f"{outer}/{prefix}"))

    def find_handler(self, *_: Any, **__: Any) -> NoReturn:
        """Raise TypeError, because a target does not know its application."""
        raise TypeError(f"the target of a rule must be a list that contains the RouteList: [{self!r}]")

    def __len__(self) -> int:
        """Return the number of rules."""
        return len(self._rules)

    def __getitem__(self, index: Any) -> Any:
        """Return a rule, or a list of rules."""
        return self._rules[index]

    def __add__(self, other: Iterable[Any]) -> RouteList:
        """Return the rules of both."""
        return flatten([self, *other])

    def __radd__(self, other: Iterable[Any]) -> list[Any]:
        """Return a list of the rules of both, so that ``rules += routes`` leaves ``rules`` a list."""
        return [*other, *self]

    def __repr__(self) -> str:
        """Return the rules as text."""
        return f"RouteList({self._rules!r})"


class _RuleRouter(ReversibleRuleRouter):
    """The rules of a route list, in the form that Tornado gives them."""

    def process_rule(self, rule: Rule) -> Rule:
        """Return the rule, or a rule with a router in place of the list that is its target."""
        target = rule.target
        if isinstance(target, (list, tuple, RouteList)):  # a new rule: other applications may have the given one
            rule = Rule(rule.matcher, _RuleRouter([*target]), rule.target_kwargs, rule.name)
        return super().process_rule(rule)

    def first(self, request: HTTPServerRequest) -> tuple[Any, dict[str, Any]] | None:
        """Return the target of a request, and the parameters for it."""
        for rule in self.rules:
            parameters = rule.matcher.match(request)
            if parameters is None:
                continue
            target = rule.target
            if isinstance(target, _RuleRouter):
                if found := target.first(request):
                    return found
                continue
            if rule.target_kwargs:
                parameters["target_kwargs"] = rule.target_kwargs
            return target, parameters
        return None


class _FirstRule(Matcher):
    """The matcher of a route list. It gives the route list the target of the first rule that matches."""

    def __init__(self, routes: RouteList, router: _RuleRouter) -> None:
        self._routes, self._router = routes, router

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return the parameters of the first rule that matches, or None."""
        found = self._router.first(request)
        if found is None:
            return None
        self._routes.target, parameters = found
        return parameters


def flatten(routes: Iterable[Any]) -> RouteList:
    """Flatten nested lists of rules to one route list, in their order.

    Args:
        routes: rules of Tornado (a tuple, a list that begins with a pattern, or an instance of ``Rule``), route lists,
            and lists of these, nested to any depth.
    """
    parts = [*_parts(routes)]
    return RouteList(lambda outer: [rule for part in parts for rule in _below(part, outer)])


def _parts(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield the rules and the route lists in nested lists."""
    for item in routes:
        if not isinstance(item, list) or (item and isinstance(item[0], (str, Matcher))):
            yield item
        else:
            yield from _parts(item)


def _below(part: Any, prefix: str) -> Iterable[Any]:
    """Return the rules of a route list, or one rule, below a prefix."""
    base = urls.prefix_path(prefix)
    if isinstance(part, RouteList):
        return part.below(prefix) if base else part
    return [_rule_below(part, base)] if base else [part]


def _rule_below(given: Any, base: str) -> URLSpec:
    [rule] = ReversibleRuleRouter([given]).rules
    if not isinstance(rule.matcher, PathMatches):
        raise TypeError(f"a rule below {base} must match the path of a request, unlike {given!r}")
    pattern = rule.matcher.regex.pattern.removeprefix("^")
    if "|" in pattern:
        pattern = f"(?:{pattern})"
    below = re.compile(re.escape(base) + pattern, rule.matcher.regex.flags)
    return URLSpec(below, rule.target, rule.target_kwargs, rule.name)
