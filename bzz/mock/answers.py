"""Canned answers and their declarations.

A declaration is checked when the routes are made.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from bzz.schema.encoding import encode

KEYS = ("body", "status", "headers", "cookies")
WITHOUT_BODY = (204, 205, 304)  # RFC 9110, section 15
FRAMING = ("content-length", "transfer-encoding")  # the body determines them (RFC 9112, section 6)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # RFC 6265, section 4.1.1
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_PATH = re.compile(r"[^\w\s][\x21-\x7e]*")  # percent-encoded, as in requests; it may begin with ( or .
Function = Callable[..., Any]


@dataclass(frozen=True)
class CannedAnswer:
    """One canned answer.

    Args:
        method: the HTTP method of the requests that get the answer. ``*`` means any method.
        path: a pattern. It must match the whole path of a request.
        status: the status of the reply.
        content_type: the content type of the body. It is empty if there is no body.
        body: the body of the reply, unless there is a function.
        function: makes the body of each reply from the request. It is None for a fixed body.
        takes_groups: whether the function takes the groups of the path after the request.
        headers: the header fields of the reply.
        cookies: the cookies that the reply sets.
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


def parse_answer(declared: Sequence[Any]) -> CannedAnswer:
    """Return the canned answer of a declaration.

    Args:
        declared: a method, a path, and optionally a dict of ``body``, ``status``, ``headers`` and ``cookies``.

    Raises:
        TypeError: a part of the declaration has the wrong type.
        ValueError: a part of the declaration has a value that no request or reply can have.
    """
    if not isinstance(declared, (tuple, list)) or len(declared) not in (2, 3):
        raise TypeError(f"an answer must be a method, a path and a dict, not {declared!r}")
    method, path, *rest = declared
    answer = rest[0] if rest and rest[0] is not None else {}
    try:
        if not isinstance(answer, Mapping) or not answer.keys() <= set(KEYS):
            raise TypeError(f"the third part must be a dict of {', '.join(KEYS)}, not {answer!r}")
        return _build(_parse_method(method), _parse_path(path), **answer)
    except (TypeError, ValueError, re.error) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f"{method} {path}: {error}") from error


def _build(
    method: str, path: re.Pattern[str], *, body: Any = None, status: Any = 200, headers: Any = None, cookies: Any = None
) -> CannedAnswer:
    function = _check_function(body) if callable(body) else None
    content_type, encoded = encode_body(None if function else body)
    takes_groups = function is not None and _takes_groups(function, path)
    status = _parse_status(status)
    check_body(status, encoded)
    return CannedAnswer(
        method,
        path,
        status,
        content_type,
        encoded,
        function,
        takes_groups,
        _check_headers(headers),
        _check_cookies(cookies),
    )


def _parse_method(given: Any) -> str:
    if not isinstance(given, str) or not _TOKEN.fullmatch(given):
        raise ValueError("the method must be GET, POST, ... or *")
    return given.upper()


def _parse_path(given: Any) -> re.Pattern[str]:
    if not isinstance(given, str) or not _PATH.fullmatch(given):
        raise ValueError("the path must be a regular expression that begins with /, percent-encoded: é is %C3%A9")
    path = re.compile(given)
    if len(path.groupindex) not in (0, path.groups):
        raise ValueError("either all groups of the path must have names, or none")
    return path


def _check_function(given: Any) -> Function:
    if isinstance(given, type) or inspect.isgeneratorfunction(given) or inspect.isasyncgenfunction(given):
        raise TypeError(f"a function must return text, bytes, a dict or a list, unlike {given!r}")
    function: Function = given
    return function


def check_body(status: int, body: bytes) -> None:
    """Raise ValueError if the status does not allow the body."""
    if status in WITHOUT_BODY and body:
        raise ValueError(f"a reply with status {status} must have no body")


def encode_body(body: Any) -> tuple[str, bytes]:
    """Return the content type of a body, and its bytes.

    Args:
        body: text, bytes, a dict or list for JSON, or None. For None, both results are empty.

    Raises:
        TypeError: ``body`` has the wrong type, or contains a value that cannot be encoded as JSON.
    """
    if body is None:
        return "", b""
    if isinstance(body, str):
        return "text/plain; charset=UTF-8", body.encode()
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, (dict, list)):
        return "application/json", encode(body)
    raise TypeError(f"the body must be text, bytes, a dict, a list or a function that returns one, not {body!r}")


def _parse_status(given: Any) -> int:
    is_number = isinstance(given, (int, str)) and not isinstance(given, bool)
    status = int(given) if is_number and re.fullmatch("[0-9]{3}", str(given)) else 0
    if not 200 <= status <= 599:
        raise ValueError(f"the status must be a number from 200 to 599, not {given!r}")
    return status


def _takes_groups(function: Function, path: re.Pattern[str]) -> bool:
    """Return whether a function takes the groups of a path.

    They come after the request.

    Raises:
        TypeError: the function takes neither a request alone, nor a request and the groups.
    """
    named = dict.fromkeys(path.groupindex, "")
    groups = [] if named else [""] * path.groups
    signature = inspect.signature(function)
    for takes_groups, arguments in ((True, groups), (False, [])):
        with suppress(TypeError):
            signature.bind(None, *arguments, **(named if takes_groups else {}))
            return takes_groups
    raise TypeError(f"{function!r} must take a request, or a request and {path.groups} groups of the path")


def _check_headers(given: Any) -> Mapping[str, str]:
    headers = _check_texts("headers", given)
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value) or name.lower() in FRAMING:
            raise ValueError(f"no reply can have the header {name!r}: {value!r}")
    return headers


def _check_cookies(given: Any) -> Mapping[str, str]:
    cookies = _check_texts("cookies", given)
    for name, value in cookies.items():
        try:
            SimpleCookie()[name] = value
        except CookieError as error:
            raise ValueError(str(error)) from None
        if not _COOKIE_VALUE.fullmatch(value):
            raise ValueError(f"no reply can set the cookie {name!r}: {value!r}")
    return cookies


def _check_texts(name: str, given: Any) -> Mapping[str, str]:
    given = {} if given is None else given
    if not isinstance(given, Mapping) or not all(isinstance(text, str) for pair in given.items() for text in pair):
        raise TypeError(f"{name} must be a dict of texts, not {given!r}")
    return dict(given)
