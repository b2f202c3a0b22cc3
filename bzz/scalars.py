"""The scalar types, each a pair of functions, and free-form JSON made of them."""

from __future__ import annotations

import base64
import enum
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from bzz.datatypes import EQUALITY, ORDER, TEXT, DataType, FormValue, identity, single, text

MAX_KEY = 512
INT64 = (-(2**63), 2**63 - 1)
ORDERED = (*EQUALITY, *ORDER)


@dataclass(frozen=True)
class Scalar(DataType):
    """A value without parts, given by its two functions."""

    name: str
    parser: Callable[[Any], Any]
    dumper: Callable[[Any], Any] = identity
    operators: tuple[str, ...] = EQUALITY
    sortable: bool = True
    textual: bool = False

    def parse(self, raw: Any) -> Any:
        """Return the value ``raw`` stands for; raise ValueError if there is none."""
        return self.parser(raw)

    def dump(self, value: Any) -> Any:
        """Return ``value`` as JSON has it."""
        return self.dumper(value)


def addressable(datatype: Scalar, *, as_text: bool = False) -> Scalar:
    """Return a type like ``datatype`` whose values identify instances: as text they can be a segment of a path.

    Args:
        datatype: of the values.
        as_text: whether they travel as text, as primary keys do.
    """

    def parse_key(raw: Any) -> Any:
        value = datatype.parse(raw)
        text = str(datatype.dump(value))
        if text in ("", ".", "..") or len(text) > MAX_KEY:
            raise ValueError(f"expected what a URL can hold: 1 to {MAX_KEY} characters, not '.' or '..'")
        return value

    dumper = (lambda value: str(datatype.dump(value))) if as_text else datatype.dumper
    return replace(datatype, parser=parse_key, dumper=dumper)


def merge_patch(target: Any, patch: Any) -> Any:
    """Return ``target`` with ``patch`` merged into it, as RFC 7396, section 2 has it; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} cannot be shown as JSON")


@dataclass(frozen=True)
class Json(DataType):
    """Any JSON value, kept as it is.

    Args:
        check_key: raises ValueError for a key that the store could not keep.
        plain: turns what only the store knows (its own id type, say) into JSON, or raises TypeError.
        kinds: classes of what only the store knows and could keep.
    """

    check_key: Callable[[str], object] = text
    plain: Callable[[Any], Any] = _refuse
    kinds: tuple[type, ...] = ()
    name: str = "JSON value"
    nullable: bool = True

    def parse(self, raw: Any) -> Any:
        """Return ``raw``, with form values as text; raise ValueError for what the store could not keep."""
        if isinstance(raw, FormValue):
            return single(raw)
        if isinstance(raw, Mapping):
            for key in raw:
                self.check_key(key)
            return {key: self.parse(item) for key, item in raw.items()}
        if isinstance(raw, (list, tuple)):
            return [self.parse(item) for item in raw]
        if isinstance(raw, int) and not INT64[0] <= raw <= INT64[1]:
            raise ValueError("expected an integer of at most 64 bits")
        if isinstance(raw, str):
            return text(raw)
        if isinstance(raw, datetime):
            DATETIME.parse(raw)  # which may be beyond what UTC can say
        if raw is None or isinstance(raw, (int, *_OF_CLASS, *self.kinds)):
            return raw
        raise ValueError(f"expected JSON, not a {type(raw).__name__}")  # from a receiver; no request can say it

    def dump(self, value: Any) -> Any:
        """Return ``value`` with everything in it as JSON has it."""
        if value is None or isinstance(value, (str, bool, int)):
            return value
        if isinstance(value, Mapping):
            return {str(key): self.dump(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.dump(item) for item in value]
        for kind, datatype in _OF_CLASS.items():
            if isinstance(value, kind):
                return datatype.dump(value)
        return self.plain(value)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge objects key by key; null removes a key."""
        return merge_patch(stored, patch)

    def same(self, one: Any, other: Any) -> bool:
        """Compare as JSON does: true is not 1."""
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            return one.keys() == other.keys() and all(self.same(one[key], other[key]) for key in one)
        if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
            return len(one) == len(other) and all(map(self.same, one, other))
        return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def integer(minimum: int = INT64[0], maximum: int = INT64[1]) -> Scalar:
    """Return the type of whole numbers from ``minimum`` to ``maximum``, by default those of 64 bits."""

    def parse_integer(raw: Any) -> int:
        if isinstance(raw, str) and re.fullmatch(r"[+-]?[0-9]{1,40}", raw):
            raw = int(raw)
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise ValueError("expected an integer")
        if not minimum <= raw <= maximum:
            raise ValueError(f"expected an integer from {minimum} to {maximum}")
        return raw

    return Scalar("integer", parse_integer, operators=ORDERED)


def _parse_float(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)) or (isinstance(raw, str) and "_" in raw):
        raise ValueError("expected a number")
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        raise ValueError("expected a number") from None
    if not math.isfinite(value):
        raise ValueError("expected a finite number")
    return value


def _parse_decimal(raw: Any) -> Decimal:
    if (
        isinstance(raw, bool)
        or not isinstance(raw, (str, int, float, Decimal))
        or (isinstance(raw, str) and "_" in raw)
    ):
        raise ValueError("expected a decimal number")
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        raise ValueError("expected a decimal number") from None
    if not value.is_finite():
        raise ValueError("expected a finite decimal number")
    return value


def _parse_boolean(raw: Any) -> bool:
    if isinstance(raw, str):
        raw = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}.get(raw.lower())
    if not isinstance(raw, bool):
        raise ValueError("expected true or false")
    return raw


def utc(value: datetime) -> datetime:
    """Return ``value`` in UTC, aware; a naive one is taken as UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _parse_datetime(raw: Any) -> datetime:
    try:
        return utc(raw if isinstance(raw, datetime) else datetime.fromisoformat(raw))
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a date and time (ISO 8601)") from None


def _dump_iso(value: Any) -> str:
    """Return a date, time or both as ISO 8601; what a field should not hold, but does, is shown as it is."""
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
        return raw if isinstance(raw, UUID) else UUID(text(raw))
    except ValueError:
        raise ValueError("expected a UUID") from None


def _parse_bytes(raw: Any) -> bytes:
    try:
        return bytes(raw) if isinstance(raw, (bytes, bytearray)) else base64.b64decode(text(raw), validate=True)
    except ValueError:
        raise ValueError("expected base64 (RFC 4648, section 4)") from None


def enumeration(kind: type[enum.Enum]) -> Scalar:
    """Return the type of the members of ``kind``, which travel as their values."""
    by_text = {str(member.value): member for member in kind}

    def parse_member(raw: Any) -> enum.Enum:
        if isinstance(raw, kind):
            return raw
        member = by_text.get(str(raw))
        if member is None or not (isinstance(raw, str) or type(raw) is type(member.value)):
            raise ValueError(f"expected one of {', '.join(by_text)}")
        return member

    kinds = {isinstance(member.value, str) for member in kind}
    return Scalar(
        "enumeration",
        parse_member,
        lambda member: JSON.dump(getattr(member, "value", member)),
        sortable=len(kinds) == 1,  # text and numbers have no order between them
    )


STRING = Scalar("string", text, operators=(*ORDERED, *TEXT), textual=True)
INTEGER = integer()
FLOAT = Scalar("number", _parse_float, operators=ORDERED)
DECIMAL = Scalar("decimal", _parse_decimal, str, operators=ORDERED)
BOOLEAN = Scalar("boolean", _parse_boolean)
DATETIME = Scalar("date-time", _parse_datetime, _dump_iso, operators=ORDERED)
DATE = Scalar("date", _isoformat("expected a date (ISO 8601)", date), _dump_iso, operators=ORDERED)
TIME = Scalar("time", _isoformat("expected a time (ISO 8601)", time), _dump_iso, operators=ORDERED)
UUID_ = Scalar("UUID", _parse_uuid, str)
BYTES = Scalar(
    "base64",
    _parse_bytes,
    lambda value: base64.b64encode(value).decode("ascii"),
    operators=DataType.operators,
    sortable=False,
)
JSON = Json()

_OF_CLASS: dict[type, Scalar] = {  # datetime before date, which it is a subclass of
    float: FLOAT,
    datetime: DATETIME,
    date: DATE,
    time: TIME,
    Decimal: DECIMAL,
    UUID: UUID_,
    bytes: BYTES,
    enum.Enum: Scalar("enumeration", str, lambda member: JSON.dump(member.value)),
}
