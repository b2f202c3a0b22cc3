"""MockHive: canned answers while the real API is being built."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, PathMatches, Rule

from bzz import encoding
from bzz.exceptions import MethodNotAllowed
from bzz.handlers import JSON, Handler
from bzz.routes import RouteList

ANY = "*"
OPTIONS = ("body", "status", "headers", "cookies")
FRAMING = ("content-length", "transfer-encoding")  # which follow from the body (RFC 9112, section 6)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # RFC 6265, section 4.1.1
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


@dataclass(frozen=True)
class Canned:
    """One answer.

    Args:
        method: that it answers; ``*`` for any.
        path: that it answers.
        status: of the reply.
        content_type: of the body; empty if there is none.
        body: what it says.
        function: what makes the body of a request, if something does.
        takes_groups: whether that takes the groups of the path, too.
        headers: of the reply.
        cookies: which it sets.
    """

    method: str
    path: PathMatches
    status: int
    content_type: str
    body: bytes
    function: Callable[..., Any] | None
    takes_groups: bool
    headers: Mapping[str, str]
    cookies: Mapping[str, str]


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
        canned = [_canned(*answer) for answer in answers]
        declared = Counter((one.method, one.path.regex.pattern) for one in canned)
        if twice := [f"{method} {path.removesuffix('$')}" for (method, path), count in declared.items() if count > 1]:
            raise ValueError(f"answered twice: {', '.join(twice)}")
        return RouteList([Rule(CannedMatches(canned), MockHandler)])


class CannedMatches(Matcher):
    """Finds the answer to a request: that of its own method, of whichever path, before one of any.

    Args:
        canned: all answers there are.
    """

    def __init__(self, canned: Sequence[Canned]) -> None:
        self.canned = canned

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return what ``MockHandler`` takes, or None if nothing is answered at this path."""
        found = [(one, groups) for one in self.canned if (groups := one.path.match(request)) is not None]
        if not found:
            return None
        methods = ("HEAD", "GET", ANY) if request.method == "HEAD" else (request.method, ANY)
        chosen = [pair for method in methods for pair in found if pair[0].method == method]
        canned, groups = chosen[0] if chosen else (None, {})
        allowed = dict.fromkeys(one.method for one, _ in found)
        return {**groups, "target_kwargs": {"canned": canned, "allowed": [*allowed]}}


class MockHandler(Handler):
    """Gives a canned answer, to whatever method."""

    def initialize(self, canned: Canned | None, allowed: Sequence[str]) -> None:
        """Take what ``CannedMatches`` has found.

        Args:
            canned: the answer; None if there is none to this method.
            allowed: the methods that are answered.
        """
        self.canned = canned
        self.allowed = (*allowed, *({"HEAD"} if "GET" in allowed else ()), "OPTIONS")
        self.SUPPORTED_METHODS = (str(self.request.method),)

    async def prepare(self) -> None:
        """Answer; raise MethodNotAllowed if there is no answer to the method."""
        await super().prepare()
        if self.canned:
            await self._answer(self.canned)
        elif self.request.method == "OPTIONS":
            self.set_header("Allow", ", ".join(self.allowed))
            self.reply_empty()
        else:
            raise MethodNotAllowed(self.allowed)

    async def _answer(self, canned: Canned) -> None:
        content_type, body = canned.content_type, canned.body
        if canned.function:
            groups, named = (self.path_args, self.path_kwargs) if canned.takes_groups else ([], {})
            said = canned.function(self.request, *groups, **named)
            content_type, body = _encoded(await said if inspect.isawaitable(said) else said)
        self.clear_header("Content-Type")
        if content_type:
            self.set_header("Content-Type", content_type)
        for name, value in canned.headers.items():
            self.set_header(name, value)
        for name, value in canned.cookies.items():
            self.set_cookie(name, value)
        self.set_status(canned.status)
        self.finish(body or None)


def _canned(method: str, path: str, answer: Mapping[str, Any] | None = None) -> Canned:
    what = f"{method} {path}"
    if not isinstance(method, str) or not _TOKEN.fullmatch(method):
        raise ValueError(f"{what}: a method is GET, POST, ... or *")
    answer = {} if answer is None else answer
    if not isinstance(answer, Mapping) or not answer.keys() <= set(OPTIONS):
        raise TypeError(f"{what}: an answer is a dict of {', '.join(OPTIONS)}, not {answer!r}")
    try:
        regex = re.compile(path)
        if re.match(r"\w", path):
            raise ValueError("a path begins with /")
        if len(regex.groupindex) not in (0, regex.groups):
            raise ValueError("either all groups of a path have names, or none")
        status, body = _status(answer.get("status", 200)), answer.get("body")
        content_type, encoded = ("", b"") if callable(body) else _encoded(body)
        function = body if callable(body) else None
        if status in (204, 304) and (encoded or function):
            raise ValueError(f"a reply with status {status} has no body")
        takes_groups = function is not None and _takes_groups(function, regex)
        headers, cookies = _headers(answer.get("headers") or {}), _cookies(answer.get("cookies") or {})
    except (TypeError, ValueError, re.error) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f"{what}: {error}") from error
    matches = PathMatches(path)
    return Canned(method.upper(), matches, status, content_type, encoded, function, takes_groups, headers, cookies)


def _encoded(body: Any) -> tuple[str, bytes]:
    """Return the content type of a body, and the body as it is sent."""
    if body is None:
        return "", b""
    if isinstance(body, str):
        return "text/plain; charset=UTF-8", body.encode()
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, (dict, list)):
        return JSON, encoding.dumps(body)
    raise TypeError(f"a body is a text, bytes, a dict, a list or a function that returns one of them, not {body!r}")


def _status(given: Any) -> int:
    is_number = isinstance(given, (int, str)) and not isinstance(given, bool)
    status = int(given) if is_number and re.fullmatch("[0-9]{3}", str(given)) else 0
    if not 200 <= status <= 599:
        raise ValueError(f"a status is a number from 200 to 599, not {given!r}")
    return status


def _takes_groups(function: Callable[..., Any], path: re.Pattern[str]) -> bool:
    """Tell whether a function takes the groups of a path beside the request; raise TypeError if it takes neither."""
    named = dict.fromkeys(path.groupindex, "")
    groups = [] if named else [""] * path.groups
    try:
        signature = inspect.signature(function)
    except ValueError:  # of some that are built in
        return True
    for takes_groups, arguments in ((True, groups), (False, [])):
        with suppress(TypeError):
            signature.bind(None, *arguments, **(named if takes_groups else {}))
            return takes_groups
    raise TypeError(f"{function!r} takes neither a request nor a request and {path.groups} groups of the path")


def _headers(given: Any) -> Mapping[str, str]:
    for name, value in _texts("headers", given).items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in FRAMING:
            raise ValueError(f"no reply can have the header {name!r}: {value!r}")
    return dict(given)


def _cookies(given: Any) -> Mapping[str, str]:
    for name, value in _texts("cookies", given).items():
        if not _TOKEN.fullmatch(name) or not _COOKIE_VALUE.fullmatch(value):
            raise ValueError(f"no reply can set the cookie {name!r}: {value!r}")
    return dict(given)


def _texts(what: str, given: Any) -> Mapping[str, str]:
    is_mapping = isinstance(given, Mapping)
    if not is_mapping or not all(isinstance(text, str) for pair in given.items() for text in pair):
        raise TypeError(f"{what} are a dict of texts, not {given!r}")
    return dict(given)
