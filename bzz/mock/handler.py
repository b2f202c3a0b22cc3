"""MockHive: canned answers while the real API is being built."""

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
from bzz.mock.answers import Canned, check_body, encode_body

ANY = "*"


class CannedMatches(Matcher):
    """Finds the answer to a request: that of its own method, of whichever path, before one of any.

    Args:
        canned: all answers there are.
    """

    def __init__(self, canned: Sequence[Canned]) -> None:
        self.canned = canned

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return what ``MockHandler`` takes, or None if nothing is answered at this path."""
        found = [(one, match) for one in self.canned if (match := one.path.fullmatch(request.path))]
        if not found:
            return None
        methods = ("HEAD", "GET", ANY) if request.method == "HEAD" else (request.method, ANY)
        chosen = [pair for method in methods for pair in found if pair[0].method == method]
        allowed = dict.fromkeys(one.method for one, _ in found)
        if "GET" in allowed:
            allowed["HEAD"] = None
        allowed["OPTIONS"] = None
        return {"target_kwargs": {"chosen": chosen[0] if chosen else None, "allowed": tuple(allowed)}}


class MockHandler(Handler):
    """Gives a canned answer, to whatever method."""

    def initialize(self, chosen: tuple[Canned, re.Match[str]] | None, allowed: Sequence[str]) -> None:
        """Take what ``CannedMatches`` has found.

        Args:
            chosen: the answer, and how its path has matched; None if there is none to this method.
            allowed: the methods that are answered.
        """
        self.chosen, self.allowed = chosen, allowed
        self.SUPPORTED_METHODS = (str(self.request.method),)

    async def prepare(self) -> None:
        """Answer; raise MethodNotAllowed if there is no answer to the method."""
        await super().prepare()
        if self.chosen:
            await self._answer(*self.chosen)
        elif self.request.method == "OPTIONS":
            self.set_header("Allow", ", ".join(self.allowed))
            self.reply_empty()
        else:
            raise MethodNotAllowed(self.allowed)

    async def _answer(self, canned: Canned, match: re.Match[str]) -> None:
        content_type, body = canned.content_type, canned.body
        if canned.function is not None:
            groups, named = self._groups(match) if canned.takes_groups else ([], {})
            said = canned.function(self.request, *groups, **named)
            content_type, body = encode_body(await said if inspect.isawaitable(said) else said)
            check_body(canned.status, body)
        self.clear_header("Content-Type")
        if content_type:
            self.set_header("Content-Type", content_type)
        for name, value in canned.headers.items():
            self.set_header(name, value)
        for name, value in canned.cookies.items():
            self.set_cookie(name, value)
        self.set_status(canned.status)
        self.finish(body or None)

    def compute_etag(self) -> None:
        """Have no other entity tag than one that was declared."""

    def _groups(self, match: re.Match[str]) -> tuple[list[str | None], dict[str, str | None]]:
        """Return the groups of the path, percent-decoded: those without names, or those with."""
        named = {name: self._decoded(value) for name, value in match.groupdict().items()}
        return [] if named else [self._decoded(value) for value in match.groups()], named

    def _decoded(self, value: str | None) -> str | None:
        return None if value is None else self.decode_argument(url_unescape(value, encoding=None, plus=False))
