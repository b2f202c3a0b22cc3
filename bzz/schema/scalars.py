"""The scalar types: types of values without parts. Each type consists of two functions."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from bzz.schema.numbers import (
    JsonNumber,
    dump_float,
    dump_number,
    parse_decimal,
    parse_finite_decimal,
    parse_finite_float,
    parse_finite_number,
    parse_float,
    parse_number,
)
from bzz.schema.types import EQUALITY, ORDER, TEXT, DataType, identity, parse_text

MAX_KEY = 512
INT64 = (-(2**63), 2**63 - 1)
ORDERED = (*EQUALITY, *ORDER)


@dataclass(frozen=True)
class Scalar(DataType):
    """A type of values without parts, made of two functions.

    Args:
        name: the type's name in error texts.
        parser: a function that turns input into a value of this type. It raises ValueError if it cannot.
        dumper: a function that turns a value of this type into JSON.
        operators: as in ``DataType``.
        sortable: as in ``DataType``.
        textual: as in ``DataType``.
        wider: the type without the bounds of one field. None if this type has none.
        shape: the keywords of JSON Schema for the values of ``wider``: ``type`` and ``format``, for instance.
        bounds: as in ``DataType``.
        members: as in ``DataType``.
    """

    name: str
    parser: Callable[[Any], Any]
    dumper: Callable[[Any], Any] = identity
    operators: tuple[str, ...] = EQUALITY
    sortable: bool = True
    textual: bool = False
    wider: DataType | None = None
    shape: Mapping[str, Any] = field(default_factory=dict, hash=False)
    bounds: Mapping[str, Any] = field(default_factory=dict, hash=False)
    members: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def unbounded(self) -> DataType:
        """``wider``, or this type if it has no bounds."""
        return self.wider or self

    def parse(self, raw: Any) -> Any:
        """Parse ``raw`` and return a value of this type.

        Raises:
            ValueError: ``raw`` is not a value of this type.
        """
        return self.parser(raw)

    def dump(self, value: Any) -> Any:
        """Return ``value`` as JSON."""
        return self.dumper(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the values: ``shape``, ``bounds`` and the values of ``members``."""
        allowed = {"enum": [*self.members.values()]} if self.members else {}
        return {**self.shape, **self.bounds, **allowed}


def addressable(datatype: Scalar, *, as_text: bool = False) -> Scalar:
    """Return a type like ``datatype`` for identifiers.

    URLs contain identifiers. So the text of a value must have 1 to ``MAX_KEY`` characters, and must not be ``.`` or
    ``..`` (RFC 3986, section 5.2.4).

    Args:
        datatype: the type of the values.
        as_text: whether JSON contains the values as text. This is so for primary keys.
    """

    def parse_key(raw: Any) -> Any:
        value = datatype.parse(raw)
        text = str(datatype.dump(value))
        if text in ("", ".", "..") or len(text) > MAX_KEY:
            raise ValueError(f"expected 1 to {MAX_KEY} characters, and not '.' or '..', which a URL cannot hold")
        return value

    dumper = (lambda value: str(datatype.dump(value))) if as_text else datatype.dumper
    shape = datatype.shape if datatype.shape.get("type") == "string" or not as_text else {"type": "string"}
    return replace(datatype, parser=parse_key, dumper=dumper, shape=shape, bounds={} if as_text else datatype.bounds)


def integer(minimum: int = INT64[0], maximum: int = INT64[1]) -> Scalar:
    """Return the type of integers in a range. By default, it is the range of 64 bits."""

    def parse_integer(raw: Any) -> int:
        if isinstance(raw, str) and re.fullmatch(r"[+-]?[0-9]{1,40}", raw):
            raw = int(raw)
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        if isinstance(raw, JsonNumber) and raw == raw.to_integral_value():
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise ValueError("expected an integer")
        if not minimum <= raw <= maximum:
            raise ValueError(f"expected an integer from {minimum} to {maximum}")
        return raw

    bounds = {"minimum": minimum, "maximum": maximum}
    return Scalar("integer", parse_integer, operators=ORDERED, shape={"type": "integer"}, bounds=bounds)


def _parse_boolean(raw: Any) -> bool:
    if isinstance(raw, str):
        raw = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}.get(raw.lower())
    if not isinstance(raw, bool):
        raise ValueError("expected true or false")
    return raw


def utc(value: datetime) -> datetime:
    """Return ``value`` as an aware datetime in UTC.

    A naive ``value`` counts as UTC.
    """
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _parse_datetime(raw: Any) -> datetime:
    try:
        return utc(raw if isinstance(raw, datetime) else datetime.fromisoformat(raw))
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a date and time (ISO 8601)") from None


def _dump_iso(value: Any) -> str:
    """Return a stored value as text.

    The text of a date, time or datetime is in ISO 8601.
    """
    if isinstance(value, datetime):
        in_utc = value if value.tzinfo is UTC else utc(value)
        return in_utc.isoformat()[:-6] + "Z"  # instead of +00:00
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _isoformat(expected: str, kind: type[date] | type[time]) -> Callable[[Any], Any]:
    def parse_iso(raw: Any) -> Any:
        try:
            value = raw if isinstance(raw, kind) and not isinstance(raw, datetime) else kind.fromisoformat(raw)
        except (TypeError, ValueError):
            raise ValueError(expected) from None
        if isinstance(value, time) and value.tzinfo is not None:
            raise ValueError(f"{expected} without an offset")
        return value

    return parse_iso


def _parse_uuid(raw: Any) -> UUID:
    try:
        return raw if isinstance(raw, UUID) else UUID(parse_text(raw))
    except ValueError:
        raise ValueError("expected a UUID") from None


def _parse_bytes(raw: Any) -> bytes:
    try:
        return bytes(raw) if isinstance(raw, (bytes, bytearray)) else base64.b64decode(parse_text(raw), validate=True)
    except ValueError:
        raise ValueError("expected base64 (RFC 4648, section 4)") from None


def _text(format_: str) -> dict[str, str]:
    """Return the JSON Schema of texts in a format of the OpenAPI format registry."""
    return {"type": "string", "format": format_}


STRING = Scalar("string", parse_text, operators=(*ORDERED, *TEXT), textual=True, shape={"type": "string"})
INTEGER = integer()
_ANY_FLOAT = Scalar("number", parse_float, dump_float, operators=ORDERED, shape={"type": "number"})
FLOAT = replace(_ANY_FLOAT, parser=parse_finite_float, wider=_ANY_FLOAT)
_ANY_NUMBER = replace(_ANY_FLOAT, parser=parse_number, dumper=dump_number)
NUMBER = replace(_ANY_NUMBER, parser=parse_finite_number, wider=_ANY_NUMBER)
_ANY_DECIMAL = Scalar("decimal", parse_decimal, str, operators=ORDERED, shape=_text("decimal"))
DECIMAL = replace(_ANY_DECIMAL, parser=parse_finite_decimal, wider=_ANY_DECIMAL)
BOOLEAN = Scalar("boolean", _parse_boolean, shape={"type": "boolean"})
DATETIME = Scalar("date-time", _parse_datetime, _dump_iso, operators=ORDERED, shape=_text("date-time"))
_parse_date, _parse_time = (
    _isoformat("expected a date (ISO 8601)", date),
    _isoformat("expected a time (ISO 8601)", time),
)
DATE = Scalar("date", _parse_date, _dump_iso, operators=ORDERED, shape=_text("date"))
TIME = Scalar("time", _parse_time, _dump_iso, operators=ORDERED, shape=_text("time-local"))
UUID_ = Scalar("UUID", _parse_uuid, str, shape=_text("uuid"))
BYTES = Scalar(
    "base64",
    _parse_bytes,
    lambda value: base64.b64encode(value).decode("ascii"),
    operators=DataType.operators,
    sortable=False,
    shape={"type": "string", "contentEncoding": "base64"},
)
