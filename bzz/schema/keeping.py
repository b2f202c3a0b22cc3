"""The rule that input which equals the representation of a stored value is this stored value.

Replies show some stored values in another form: a datetime inside free-form JSON as text, for example. A client that
reads an instance and sends it back must not change such a value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

ABSENT: Any = object()  # stands for a value that is not stored


PLAIN = frozenset({int, bool})  # their values are shown as they are, as are texts in ASCII
Show = Callable[[Any, Any], Any]  # takes a type and a value of this type, or of another one


class Kept:
    """A stored value that input repeats. Types accept it unchanged.

    Args:
        value: the stored value. The object gets a copy of its dicts and lists, because receivers may change them.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = copied(value)


class Keeping(Protocol):
    """The methods of a type with which this module compares its values."""

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:
        """Return ``raw`` with ``Kept`` in place of its parts that repeat parts of ``stored``."""

    def id_in(self, shown: Any) -> Any:
        """Return the identifier in the representation of an item of a list, or None."""


def same_json(one: Any, other: Any) -> bool:
    """Compare two JSON values, at any depth. True does not equal 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return str.__eq__(one, other)  # BSON's code is a text that equals no other text
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def keep(datatype: Keeping, raw: Any, stored: Any, show: Show) -> Any:
    """Return ``raw`` with ``Kept`` in place of what repeats a stored value.

    Args:
        datatype: the type of the values.
        raw: the input: JSON values, the texts of a form, or Python values of plain code.
        stored: the stored value. It may be None, ``ABSENT``, or a value of another type.
        show: a function that returns the representation of a stored value. It takes the type and the value.
    """
    if stored is ABSENT:
        return raw
    if _repeats(datatype, raw, stored, show):
        return Kept(stored)
    return raw if raw is None or stored is None else datatype.keep_parts(raw, stored, show)


def keep_items(datatype: Keeping, raw: Any, stored: Any, show: Show) -> Any:
    """Return a list with ``Kept`` in place of what repeats items of a stored list.

    An item may repeat any stored item. If it repeats none, its parts are compared with the stored item that has the
    same identifier, or with the stored item at the same index.

    Args:
        datatype: the type of the items.
        raw: the input. If it is not a list, it is returned unchanged.
        stored: the stored list, or a value of another type.
        show: as in ``keep``.
    """
    if not (isinstance(raw, (list, tuple)) and isinstance(stored, (list, tuple))):
        return raw
    shown = [_shown(datatype, item, show) for item in stored]
    by_text = {_text(item): item for item in stored} | {_text(one): i for one, i in zip(shown, stored, strict=True)}
    by_id = {key: item for one, item in zip(shown, stored, strict=True) if (key := datatype.id_in(one)) is not None}

    def keep_item(index: int, item: Any) -> Any:
        near = stored[index] if index < len(stored) else ABSENT
        if near is not ABSENT and _repeats(datatype, item, near, show):
            return Kept(near)
        if (text := _text(item)) in by_text:
            return Kept(by_text[text])
        return keep(datatype, item, by_id.get(datatype.id_in(item), near), show)

    kept = [keep_item(index, item) for index, item in enumerate(raw)]
    return raw if all(map(_is, kept, raw)) else kept


def keep_keys(datatype: Keeping, raw: Any, stored: Any, show: Show) -> Any:
    """Return an object with ``Kept`` in place of what repeats the value of the same key in a stored object.

    Args:
        datatype: the type of the values.
        raw: the input. If it is not an object, it is returned unchanged.
        stored: the stored object, whose keys need not be text, or a value of another type.
        show: as in ``keep``.
    """
    if not (isinstance(raw, Mapping) and isinstance(stored, Mapping)):
        return raw
    own = {str(key): key for key in stored}
    kept = {key: keep(datatype, item, stored.get(own.get(key, key), ABSENT), show) for key, item in raw.items()}
    if all(map(_is, kept.values(), raw.values())):
        return raw
    return {own[str(key)] if type(item) is Kept else key: item for key, item in kept.items()}


def _is(one: Any, other: Any) -> bool:
    return one is other


def _repeats(datatype: Keeping, raw: Any, stored: Any, show: Show) -> bool:
    if type(raw) is type(stored) and (type(raw) in PLAIN or (type(raw) is str and stored.isascii())):
        return bool(raw == stored)
    try:
        if raw is stored or same_json(raw, stored):
            return True
        shown = _shown(datatype, stored, show)
        return same_json(raw, shown) or (isinstance(raw, tuple) and raw == (shown,))  # a form holds texts in tuples
    except Exception:  # noqa: BLE001  # classes of applications and drivers compare as they like
        return False


def _shown(datatype: Keeping, stored: Any, show: Show) -> Any:
    try:
        shown = None if stored is None else show(datatype, stored)
    except Exception:  # noqa: BLE001  # JSON has no form for an object of an unknown class
        return stored
    return None if isinstance(shown, float) and not math.isfinite(shown) else shown  # JSON has null for such a number


def _text(value: Any) -> str:
    try:
        return json.dumps(value, sort_keys=True, default=repr)
    except (TypeError, ValueError):  # plain code may give keys of any class
        return repr(value)


def copied(value: Any) -> Any:
    """Return a copy of the dicts and lists in ``value``. Other objects are the same."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value
