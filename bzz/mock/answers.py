"""Canned answers: what can be declared, checked when it is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from bzz.http import bodies

KEYS = ("body", "status", "headers", "cookies")
WITHOUT_BODY = (204, 205, 304)  # RFC 9110, section 15
FRAMING = ("content-length", "transfer-encoding")  # which follow from the body (RFC 9112, section 6)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # RFC 6265, section 4.1.1
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_PATH = re.compile(r"[^\w\s][\x21-\x7e]*")  # as requests have it, percent-encoded; it may begin with ( or .
Function = Callable[..., Any]


@dataclass(frozen=True)
class Canned:
    """One answer.

    Args:
        method: that it answers; ``*`` for any.
        path: that it answers, the whole of it.
        status: of the reply.
        content_type: of the body; empty if there is none.
        body: what it says.
        function: what makes the body of a request, if something does.
        takes_groups: whether that takes the groups of the path, too.
        headers: of the reply.
        cookies: which it sets.
    """

    method: str
    path: re.Pattern[str]
    status: int
    content_type: str
    body: bytes
    function: Function | None
    takes_groups: bool
    headers: Mapping[str, str]
    cookies: Mapping[str, str]


def parse_answer(declared: Sequence[Any]) -> Canned:
    """Return the answer that a declaration says: method, path, and a dict of ``body, status, headers, cookies``.

    Raises:
        TypeError, ValueError: it is none; the message says why.
    """
    if not isinstance(declared, (tuple, list)) or len(declared) not in (2, 3):
        raise TypeError(f"an answer is a method, a path and what is answered, not {declared!r}")
    method, path, *rest = declared
    answer = rest[0] if rest and rest[0] is not None else {}
    try:
        if not isinstance(answer, Mapping) or not answer.keys() <= set(KEYS):
            raise TypeError(f"what is answered is a dict of {', '.join(KEYS)}, not {answer!r}")
        return _made(_method(method), _path(path), **answer)
    except (TypeError, ValueError, re.error) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f"{method} {path}: {error}") from error


def _made(
    method: str, path: re.Pattern[str], *, body: Any = None, status: Any = 200, headers: Any = None, cookies: Any = None
) -> Canned:
    function = _function(body) if callable(body) else None
    content_type, encoded = encode_body(None if function else body)
    takes_groups = function is not None and _takes_groups(function, path)
    status = _status(status)
    check_body(status, encoded)
    return Canned(
        method, path, status, content_type, encoded, function, takes_groups, _headers(headers), _cookies(cookies)
    )


def _method(given: Any) -> str:
    if not isinstance(given, str) or not _TOKEN.fullmatch(given):
        raise ValueError("a method is GET, POST, ... or *")
    return given.upper()


def _path(given: Any) -> re.Pattern[str]:
    if not isinstance(given, str) or not _PATH.fullmatch(given):
        raise ValueError("a path is a regular expression that begins with /, and says é as %C3%A9 and a space as %20")
    path = re.compile(given)
    if len(path.groupindex) not in (0, path.groups):
        raise ValueError("either all groups of a path have names, or none")
    return path


def _function(given: Any) -> Function:
    if isinstance(given, type) or inspect.isgeneratorfunction(given) or inspect.isasyncgenfunction(given):
        raise TypeError(f"a function returns a text, bytes, a dict or a list, which {given!r} does not")
    function: Function = given
    return function


def check_body(status: int, body: bytes) -> None:
    """Raise ValueError if a reply with a status has no body and this is one."""
    if status in WITHOUT_BODY and body:
        raise ValueError(f"a reply with status {status} has no body")


def encode_body(body: Any) -> tuple[str, bytes]:
    """Return the content type of a body, and the body as it is sent; raise TypeError if it cannot be."""
    if body is None:
        return "", b""
    if isinstance(body, str):
        return "text/plain; charset=UTF-8", body.encode()
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, (dict, list)):
        return "application/json", bodies.dumps(body)
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
    signature = inspect.signature(function)
    for takes_groups, arguments in ((True, groups), (False, [])):
        with suppress(TypeError):
            signature.bind(None, *arguments, **(named if takes_groups else {}))
            return takes_groups
    raise TypeError(f"{function!r} takes neither a request nor a request and {path.groups} groups of the path")


def _headers(given: Any) -> Mapping[str, str]:
    headers = _texts("headers", given)
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in FRAMING:
            raise ValueError(f"no reply can have the header {name!r}: {value!r}")
    return headers


def _cookies(given: Any) -> Mapping[str, str]:
    cookies = _texts("cookies", given)
    for name, value in cookies.items():
        try:
            SimpleCookie()[name] = value
        except CookieError as error:
            raise ValueError(str(error)) from None
        if not _COOKIE_VALUE.fullmatch(value):
            raise ValueError(f"no reply can set the cookie {name!r}: {value!r}")
    return cookies


def _texts(what: str, given: Any) -> Mapping[str, str]:
    given = {} if given is None else given
    if not isinstance(given, Mapping) or not all(isinstance(text, str) for pair in given.items() for text in pair):
        raise TypeError(f"{what} are a dict of texts, not {given!r}")
    return dict(given)
