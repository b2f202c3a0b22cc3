"""The conditions and the sort order of a list.

The functions apply the conditions and the order to plain values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from bzz.schema.types import OPERATORS

NAN = object()  # stands for each NaN
Order = Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that the instances of a list must meet.

    ====================================== ===========================================================================
    ``eq``, ``ne``                         the field equals the value, or does not; None equals only null
    ``in``, ``nin``                        the field equals one of a list of values, or none of them
    ``gt``, ``gte``, ``lt``, ``lte``       after, at or after, before, at or before the value; a null field never is
    ``exists``                             the field has a value, or has none; empty lists and objects are no values
    ``contains``                           the value is an item of the list, or a part of the text
    ``startswith``, ``endswith``           the text starts or ends with the value
    ``icontains``, ``istartswith``,        the same, but upper and lower case of ASCII letters are equal
    ``iendswith``
    ====================================== ===========================================================================

    Args:
        field: the model's own name of the field. A dotted name means a field of an embedded document.
        operator: an operator from the table.
        value: a value of the field's type.

    Raises:
        ValueError: the operator is unknown.
    """

    field: str
    operator: str
    value: Any

    def __post_init__(self) -> None:  # noqa: D105  # the docstring of the class says what it checks
        if self.operator not in OPERATORS:
            raise ValueError(f"{self.operator!r} is no operator; use one of {', '.join(OPERATORS)}")

    def test(self) -> Callable[[Mapping[str, Any]], bool]:
        """Return a function that tells whether an instance's values meet this condition."""
        compare, wanted = _TESTS[self.operator], _comparable(self.value)
        if self.operator in ("in", "nin"):
            wanted = _Lookup(wanted)
        return lambda values: compare(_comparable(value_at(values, self.field)), wanted)


class _Lookup:
    """A container that tells whether it contains a value.

    It finds hashable values by their hash. It compares lists and dicts one by one.
    """

    def __init__(self, values: list[Any]) -> None:
        self.hashable = {value for value in values if isinstance(value, Hashable)}
        self.others = [value for value in values if not isinstance(value, Hashable)]

    def __contains__(self, value: object) -> bool:
        return value in self.hashable if isinstance(value, Hashable) else value in self.others


def all_hold(conditions: Iterable[Condition]) -> Callable[[Mapping[str, Any]], bool]:
    """Return a function that tells whether an instance's values meet all conditions."""
    tests = [condition.test() for condition in conditions]
    return lambda values: all(test(values) for test in tests)


def _comparable(value: Any) -> Any:
    """Return a value that Python compares as stores do. NaN equals itself, and has no order."""
    if isinstance(value, (list, frozenset)):
        return [_comparable(item) for item in value]
    value = value.value if isinstance(value, Enum) else value
    is_nan = value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and math.isnan(value)
    return NAN if is_nan else value


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def test(one: Any, other: Any) -> bool:
        try:
            return one is not None and other is not None and bool(compare(one, other))
        except TypeError:  # the value was stored before the field had its type
            return False

    return test


def _textual(compare: Callable[[str, str], bool], *, folds: bool = False) -> Callable[[Any, Any], bool]:
    def test(one: Any, other: Any) -> bool:
        if isinstance(one, list):
            return other in one
        if not isinstance(one, str):
            return False
        return compare(one.lower(), other.lower()) if folds else compare(one, other)

    return test


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: bool(one == other),
    "ne": lambda one, other: bool(one != other),
    "in": lambda one, others: one in others,
    "nin": lambda one, others: one not in others,
    "exists": lambda one, wanted: (one is not None and one not in ([], {})) == wanted,
    "gt": _ordered(lambda one, other: one > other),
    "gte": _ordered(lambda one, other: one >= other),
    "lt": _ordered(lambda one, other: one < other),
    "lte": _ordered(lambda one, other: one <= other),
    "contains": _textual(str.__contains__),
    "icontains": _textual(str.__contains__, folds=True),
    "startswith": _textual(str.startswith),
    "istartswith": _textual(str.startswith, folds=True),
    "endswith": _textual(str.endswith),
    "iendswith": _textual(str.endswith, folds=True),
}


def value_at(values: Mapping[str, Any], dotted: str) -> Any:
    """Return the value of the field with the name ``dotted``.

    Return None if there is no value.
    """
    if "." not in dotted:
        return values.get(dotted)
    value: Any = values
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def sort_key(value: Any) -> tuple[bool, str, Any]:
    """Return the sort key of a value.

    Null comes first. Values of different types are never compared with each other. NaN has a place of its own.
    """
    value = _comparable(value)
    if value is None or isinstance(value, (list, dict)):
        return value is not None, "", 0
    if value is NAN:
        return True, "NaN", 0
    return True, "number" if isinstance(value, (int, float, Decimal)) else type(value).__name__, value


def comes_after(order: Order, values: Sequence[Any], held: Mapping[str, Any]) -> bool:
    """Tell whether an instance comes after a cursor, if lists are sorted by ``sort_key``.

    Args:
        order: the order of the list.
        values: the values of the cursor, one for each field of ``order``.
        held: the instance's values.
    """
    for (name, descending), value in zip(order, values, strict=True):
        key, own = sort_key(value), sort_key(value_at(held, name))
        if own != key:
            return own < key if descending else own > key
    return False


def following(order: Order, values: Sequence[Any]) -> list[list[Condition]]:
    """Return lists of conditions for the instances after a cursor.

    An instance comes after the cursor if it meets all conditions of one of the lists.

    Args:
        order: pairs of a field's name and whether its order is descending. The last field must be unique and never
            null.
        values: the values of the cursor, one for each field of ``order``. Null comes first in ascending order and last
            in descending order.
    """
    alternatives = []
    for index, ((name, descending), value) in enumerate(zip(order, values, strict=True)):
        tied = [Condition(field, "eq", same) for (field, _), same in zip(order[:index], values[:index], strict=True)]
        if value is None:
            beyond = [] if descending else [Condition(name, "ne", None)]
        elif descending:
            beyond = [Condition(name, "lt", value)]
            beyond += [Condition(name, "eq", None)] if index < len(order) - 1 else []
        else:
            beyond = [Condition(name, "gt", value)]
        alternatives += [[*tied, condition] for condition in beyond]
    return alternatives
