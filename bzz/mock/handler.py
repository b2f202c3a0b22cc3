"""The matcher and the handler of canned answers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from tornado.escape import url_unescape
from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher

from bzz.exceptions import MethodNotAllowed
from bzz.http.handler import Handler
from bzz.mock.answers import CannedAnswer, check_body, encode_body

ANY = "*"


class CannedAnswerMatcher(Matcher):
    """A matcher that finds the canned answer to a request.

    It chooses the first answer for the request's method, or else the first answer for ``*``.

    Args:
        answers: all canned answers.
        base: the percent-encoded path that all answers lie below. It may be empty.
    """

    def __init__(self, answers: Sequence[CannedAnswer], base: str) -> None:
        self.answers, self.base = answers, base

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return the arguments of ``MockHandler.initialize``.

        Return None if there is no answer for this path.
        """
        if (path := self._path_below(request.path)) is None:
            return None
        matching = [(answer, match) for answer in self.answers if (match := answer.path.fullmatch(path))]
        if not matching:
            return None
        methods = ("HEAD", "GET", ANY) if request.method == "HEAD" else (request.method, ANY)
        chosen = [pair for method in methods for pair in matching if pair[0].method == method]
        allowed = dict.fromkeys(answer.method for answer, _ in matching)
        if "GET" in allowed:
            allowed["HEAD"] = None
        allowed["OPTIONS"] = None
        return {"target_kwargs": {"chosen": chosen[0] if chosen else None, "allowed": tuple(allowed)}}

    def _path_below(self, path: str) -> str | None:
        """Return the part of a path that lies below the base, or None."""
        if not self.base:
            return path
        below = path.removeprefix(self.base)
        return None if below == path or below[:1] not in {"", "/"} else below


class MockHandler(Handler):
    """A handler that sends a canned answer, whatever the method is."""

    def initialize(self, chosen: tuple[CannedAnswer, re.Match[str]] | None, allowed: Sequence[str]) -> None:
        """Store the result of ``CannedAnswerMatcher``.

        Args:
            chosen: the answer and the match of its path, or None if there is no answer for the request's method.
            allowed: the methods of all answers for this path.
        """
        self.chosen, self.allowed = chosen, allowed
        self.SUPPORTED_METHODS = (str(self.request.method),)

    async def prepare(self) -> None:
        """Send the answer.

        Without an answer, reply to OPTIONS with ``Allow``.

        Raises:
            MethodNotAllowed: there is no answer for the method.
            Exception: raised by the function of the answer.
        """
        await super().prepare()
        if self.chosen:
            await self._answer(*self.chosen)
        elif self.request.method == "OPTIONS":
            self.set_header("Allow", ", ".join(self.allowed))
            self.reply_empty()
        else:
            raise MethodNotAllowed(self.allowed)

    async def _answer(self, answer: CannedAnswer, match: re.Match[str]) -> None:
        content_type, body = answer.content_type, answer.body
        if answer.function is not None:
            groups, named = self._groups(match) if answer.takes_groups else ([], {})
            made = answer.function(self.request, *groups, **named)
            content_type, body = encode_body(await made if inspect.isawaitable(made) else made)
            check_body(answer.status, body)
        self.clear_header("Content-Type")
        if content_type:
            self.set_header("Content-Type", content_type)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        for name, value in answer.cookies.items():
            self.set_cookie(name, value)
        self.set_status(answer.status)
        self.finish(body or None)

    def compute_etag(self) -> None:
        """Make no entity tag.

        The reply has only the entity tag that was declared, if any.
        """

    def _groups(self, match: re.Match[str]) -> tuple[list[str | None], dict[str, str | None]]:
        """Return the groups of the path, percent-decoded.

        The list contains the groups without names. The dict contains the groups with names. At least one is empty.
        """
        named = {name: self._decoded(value) for name, value in match.groupdict().items()}
        return [] if named else [self._decoded(value) for value in match.groups()], named

    def _decoded(self, value: str | None) -> str | None:
        return None if value is None else self.decode_argument(url_unescape(value, encoding=None, plus=False))
