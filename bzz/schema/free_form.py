"""The type of free-form JSON, and the function that merges such values (RFC 7396)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from bzz.schema.keeping import Kept, Show, keep_items, keep_keys, same_json
from bzz.schema.numbers import JsonNumber
from bzz.schema.scalars import BYTES, DATE, DATETIME, DECIMAL, FLOAT, INT64, TIME, UUID_, Scalar
from bzz.schema.types import DataType, FormValue, dump_text, parse_text, single_text

SHOWN_DEPTH = 100  # levels


def merge_patch(target: Any, patch: Any) -> Any:
    """Return ``target`` with ``patch`` merged into it (RFC 7396, section 2).

    Null removes a key, unless the key is null already. The function does not change its arguments.
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is not None:
            merged[key] = merge_patch(merged.get(key), value)
        elif merged.get(key) is not None:
            del merged[key]
    return merged


def _raise_not_json(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} cannot be shown as JSON")


@dataclass(frozen=True)
class Json(DataType):
    """The type of all JSON values.

    Args:
        check_key: a function that raises ValueError for a key that the store cannot hold.
        plain: a function that turns values of the store's own classes, such as its ids, into JSON. It raises TypeError
            for any other value.
        kinds: the store's own classes whose values ``parse`` accepts.
        integers: the least and the greatest integer that the store can hold. None if it holds all integers.
    """

    check_key: Callable[[str], object] = parse_text
    plain: Callable[[Any], Any] = _raise_not_json
    kinds: tuple[type, ...] = ()
    integers: tuple[int, int] | None = INT64
    name: str = "JSON value"
    nullable: bool = True

    def parse(self, raw: Any) -> Any:
        """Check ``raw`` and return it. Form values in it become text.

        Raises:
            ValueError: the store cannot hold a key or a value in ``raw``, or it has more than ``SHOWN_DEPTH`` levels.
        """
        return self._parse(raw, SHOWN_DEPTH)

    def _parse(self, raw: Any, left: int) -> Any:
        if isinstance(raw, (Kept, FormValue)):
            return raw.value if isinstance(raw, Kept) else single_text(raw)
        if isinstance(raw, (Mapping, list, tuple)) and not left:
            raise ValueError(f"is nested more than {SHOWN_DEPTH} levels deep")
        if isinstance(raw, Mapping):
            for key, item in raw.items():
                if type(item) is not Kept:
                    self.check_key(key)
            return {key: self._parse(item, left - 1) for key, item in raw.items()}
        if isinstance(raw, (list, tuple)):
            return [self._parse(item, left - 1) for item in raw]
        if isinstance(raw, int) and self.integers and not self.integers[0] <= raw <= self.integers[1]:
            raise ValueError("expected an integer of at most 64 bits")
        if isinstance(raw, str):
            return parse_text(raw)
        if isinstance(raw, JsonNumber):
            return raw.to_float()
        if isinstance(raw, datetime):
            DATETIME.parse(raw)  # raises if the date and time is out of range in UTC
        if raw is None or isinstance(raw, (int, *_OF_CLASS, *self.kinds)):
            return raw
        raise ValueError(f"expected JSON, not a {type(raw).__name__}")  # a receiver set it: requests contain JSON only

    def dump(self, value: Any) -> Any:
        """Return ``value`` as JSON. Parts more than ``SHOWN_DEPTH`` levels deep are replaced by a text.

        Raises:
            TypeError: raised by ``plain``.
        """
        return self._dump(value, SHOWN_DEPTH)

    def _dump(self, value: Any, left: int) -> Any:
        if value is None or isinstance(value, (str, bool, int)):
            return dump_text(value) if isinstance(value, str) else value
        if isinstance(value, (Mapping, list, tuple, set, frozenset)) and not left:
            return "nested too deep to be shown"
        if isinstance(value, Mapping):
            return {dump_text(str(key)): self._dump(item, left - 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._dump(item, left - 1) for item in value]
        for kind, datatype in _OF_CLASS.items():
            if isinstance(value, kind):
                return datatype.dump(value)
        return self.plain(value)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge objects key by key, at any depth. Null removes a key."""
        return merge_patch(stored, patch)

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:
        """Compare objects key by key, and lists item by item, at any depth."""
        keep_inside = keep_keys if isinstance(raw, Mapping) else keep_items
        return keep_inside(self, raw, stored, show)

    def same(self, one: Any, other: Any) -> bool:
        """Compare two JSON values, at any depth. True does not equal 1."""
        return same_json(one, other)


JSON = Json()

_OF_CLASS: dict[type, Scalar] = {  # datetime comes first, as it is a subclass of date
    float: FLOAT,
    datetime: DATETIME,
    date: DATE,
    time: TIME,
    Decimal: DECIMAL,
    UUID: UUID_,
    bytes: BYTES,
    enum.Enum: Scalar("enumeration", str, lambda member: JSON.dump(member.value)),
}
