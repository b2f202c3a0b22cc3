"""MockHive: canned answers for an API that is not built yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tornado.routing import Rule

from bzz.http.routes import RouteList
from bzz.http.urls import prefix_path
from bzz.mock.answers import parse_answer
from bzz.mock.handler import CannedAnswerMatcher, MockHandler


class MockHive:
    """The routes of canned answers.

    Args:
        answers: lists or tuples. Each contains a method (``*`` for any) and a regular expression that the whole path
            below the prefix must match. A dict that describes the reply may follow. Its keys are ``status`` (200 by
            default), ``body`` (none by default), ``headers`` and ``cookies`` (dicts of texts). A body is text, bytes,
            or a dict or list for JSON. It may also be a function, sync or async, that returns such a body. The function
            takes the request. After the request, it takes the groups of the path if it has parameters for them.

    Raises:
        TypeError: a part of an answer is of another type. The message begins with the answer's method and path.
        ValueError: a part of an answer has an impossible value, or two answers have the same method and path.
    """

    def __init__(self, answers: Iterable[Sequence[Any]]) -> None:
        self._answers = [parse_answer(answer) for answer in answers]
        declared = Counter((answer.method, answer.path.pattern) for answer in self._answers)
        if twice := [f"{method} {path}" for (method, path), count in declared.items() if count > 1]:
            raise ValueError(f"an answer must be declared once: {', '.join(twice)}")

    @classmethod
    def routes_for(cls, answers: Iterable[Sequence[Any]]) -> RouteList:
        """Return ``MockHive(answers).routes()``."""
        return cls(answers).routes()

    def routes(self, prefix: str = "") -> RouteList:
        """Return one route for all answers, for ``tornado.web.Application``.

        Args:
            prefix: the path that all answers lie below, in any spelling: ``api``, ``/api``, ``/api/``.
        """
        return RouteList(lambda outer: [self._rule(prefix_path(f"{outer}/{prefix}"))])

    def _rule(self, base: str) -> Rule:
        return Rule(CannedAnswerMatcher(self._answers, base), MockHandler)
