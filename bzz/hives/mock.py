"""MockHive: canned answers while the real API is being built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tornado.routing import Rule

from bzz.http.routes import RouteList
from bzz.mock.answers import parse_answer
from bzz.mock.handler import CannedMatches, MockHandler


class MockHive:
    """Serves canned answers."""

    @staticmethod
    def routes_for(answers: Iterable[Sequence[Any]]) -> RouteList:
        """Return a route for the answers.

        Args:
            answers: of each the method (``*`` for any), a regular expression of the whole path, and what is answered:
                a dict with any of ``body``, ``status``, ``headers`` and ``cookies``; without any it is 200 and nothing.
                A body is a text, bytes, a dict or list, sent as JSON, or a function of the request, sync or async, that
                returns one of them; groups of the expression are its further arguments, if it takes them.

        Raises:
            TypeError, ValueError: an answer is none; the message says why.
        """
        canned = [parse_answer(answer) for answer in answers]
        declared = Counter((one.method, one.path.pattern) for one in canned)
        if twice := [f"{method} {path}" for (method, path), count in declared.items() if count > 1]:
            raise ValueError(f"answered twice: {', '.join(twice)}")
        return RouteList([Rule(CannedMatches(canned), MockHandler)])
