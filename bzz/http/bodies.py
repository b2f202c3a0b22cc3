"""Bodies as plain values, and JSON out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from bzz.exceptions import BadRequest, Invalid, UnsupportedMediaType
from bzz.query.pairs import pairs
from bzz.schema.free_form import JSON
from bzz.schema.types import MAX_DEPTH, FormValue

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json")
_CHARSET = re.compile(r"(?:^|;)\s*charset\s*=\s*\"?([^\s;\"]+)")
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def dumps(value: Any, default: Callable[[Any], Any] = JSON.dump) -> bytes:
    """Return ``value`` as JSON: dates in ISO 8601 (UTC, ``Z``), decimals as text, bytes in base64.

    Args:
        value: what is to be said.
        default: turns what JSON cannot say into something that it can.

    Raises:
        TypeError: something in it is none of the kinds JSON can say.
    """
    return orjson.dumps(value, default=default, option=_OPTIONS)


def decode(content_type: str, body: bytes, form: Mapping[str, list[bytes]]) -> dict[str, Any]:
    """Return the object that a body says, not typed yet; values of a form are ``FormValue``.

    Args:
        content_type: the header field, parameters and all.
        body: as it came.
        form: the fields of a multipart body, decoded by the server.

    Raises:
        BadRequest: it is malformed, or not an object.
        UnsupportedMediaType: it is neither a form nor JSON.
    """
    media_type, _, parameters = content_type.lower().partition(";")
    media_type = media_type.strip()
    if not body:
        return {}
    if _CHARSET.findall(parameters) not in ([], ["utf-8"]):
        raise UnsupportedMediaType("A body is in UTF-8.")
    if _JSON.fullmatch(media_type):
        return _decode_json(body)
    if media_type == FORM:
        return _decode_form(pairs(body, "The body"))
    if media_type == MULTIPART:
        return _decode_form((key, _text(value)) for key, values in form.items() for value in values)
    raise UnsupportedMediaType("A body is JSON (application/json) or a form (application/x-www-form-urlencoded).")


def _decode_json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body is JSON, but not an object.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(value, MAX_DEPTH)
    return value


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise BadRequest(f"The body is nested more than {MAX_DEPTH} deep.")
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            _check_depth(item, left - 1)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not in UTF-8.") from None


def _check_text(text: str) -> None:
    """Refuse a lone surrogate, which the server decodes from some encodings that a multipart form may name."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("The body is not in UTF-8.") from None


def _decode_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest the fields of a form by their dotted keys: ``child.name=Ada`` is ``{"child": {"name": ("Ada",)}}``."""
    decoded: dict[str, Any] = {}
    for key, value in pairs:
        _check_text(key + value)
        *parents, last = key.removesuffix("[]").split(".")
        if len(parents) >= MAX_DEPTH:
            raise BadRequest(f"The body is nested more than {MAX_DEPTH} deep.")
        target: Any = decoded
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise Invalid(errors={key: ["is given both as a value and as an object"]})
        given = target.setdefault(last, FormValue())
        if isinstance(given, dict):
            raise Invalid(errors={key: ["is given both as a value and as an object"]})
        target[last] = FormValue((*given, value))
    return decoded
