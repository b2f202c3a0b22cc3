"""The decoding of request bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from bzz.exceptions import BadRequest, Invalid, UnsupportedMediaType
from bzz.query.pairs import pairs
from bzz.schema.encoding import with_all_digits
from bzz.schema.types import MAX_DEPTH, FormValue

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json")
_CHARSET = re.compile(r"(?:^|;)\s*charset\s*=\s*\"?([^\s;\"]+)")


def decode(content_type: str, body: bytes, form: Mapping[str, list[bytes]]) -> dict[str, Any]:
    """Decode a body and return its object.

    The values are not parsed yet. An empty body stands for an empty object.

    Args:
        content_type: the value of ``Content-Type`` with its parameters.
        body: the bytes of the request.
        form: the fields of a multipart body, as Tornado parsed them.

    Returns:
        A dict from field name to value. The values of a form are of the class ``FormValue``.

    Raises:
        BadRequest: the body is malformed, not an object, or nested too deep.
        Invalid: a form has a field both as a value and as an object.
        UnsupportedMediaType: the body is neither JSON nor a form, or is not in UTF-8.
    """
    media_type, _, parameters = content_type.lower().partition(";")
    media_type = media_type.strip()
    if not body:
        return {}
    if _CHARSET.findall(parameters) not in ([], ["utf-8"]):
        raise UnsupportedMediaType("The body is in another charset; send it in UTF-8.")
    if _JSON.fullmatch(media_type):
        return _decode_json(body)
    if media_type == FORM:
        return _decode_form(pairs(body, "The body"))
    if media_type == MULTIPART:
        return _decode_form((key, _text(value)) for key, values in form.items() for value in values)
    raise UnsupportedMediaType(
        "Send the body as JSON (application/json) or a form (application/x-www-form-urlencoded)."
    )


def _decode_json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body is JSON, but not an object; send an object.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(value, MAX_DEPTH)
    exact: dict[str, Any] = with_all_digits(body, value)
    return exact


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise BadRequest(f"The body is nested too deep; send at most {MAX_DEPTH} levels.")
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            _check_depth(item, left - 1)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadRequest("The body is not in UTF-8.") from None


def _check_text(text: str) -> None:
    """Raise BadRequest for a lone surrogate.

    A multipart form may name a charset from which Tornado decodes a lone surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("The body is not in UTF-8.") from None


def _decode_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the fields of a form as nested dicts.

    A dotted key is split: ``child.name=Ada`` becomes ``{"child": {"name": ("Ada",)}}``.
    """
    decoded: dict[str, Any] = {}
    for key, value in pairs:
        _check_text(key + value)
        *parents, last = key.removesuffix("[]").split(".")
        if len(parents) >= MAX_DEPTH:
            raise BadRequest(f"The body is nested too deep; send at most {MAX_DEPTH} levels.")
        target: Any = decoded
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise Invalid(errors={key: ["is sent both as a value and as an object"]})
        given = target.setdefault(last, FormValue())
        if isinstance(given, dict):
            raise Invalid(errors={key: ["is sent both as a value and as an object"]})
        target[last] = FormValue((*given, value))
    return decoded
