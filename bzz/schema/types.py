"""The interface of the types, between input (JSON or form), typed values and JSON.

``parse`` accepts JSON values, the text of a form, and the typed value itself, so the values that receivers set pass the
same code as those of requests. It raises ``ValueError`` for a value that does not fit; inside a list, map or embedded
document it raises ``Invalid``, keyed by dotted name. It never gets None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

Diff = dict[str, dict[str, Any]]
MAX_DEPTH = 32
EQUALITY = ("eq", "ne", "in", "nin", "exists")
ORDER = ("gt", "gte", "lt", "lte")
TEXT = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
OPERATORS = (*EQUALITY, *ORDER, *TEXT)


def identity(value: Any) -> Any:
    """Return ``value``, which JSON can hold as it is."""
    return value


class FormValue(tuple[str, ...]):
    """The texts that a form holds for one key, at least one."""

    __slots__ = ()


class DataType(ABC):
    """The base of all types: the values that a field can hold.

    An instance must be immutable, and its methods must not query.

    Attributes:
        name: the type's name in error texts.
        operators: the filters that a field of this type takes, of ``OPERATORS``.
        sortable: whether a list may be sorted by a field of this type.
        textual: whether the empty text of a form is a value of this type, rather than null.
        nullable: whether null is a value of this type, rather than the absence of one.
        is_list: whether a value is a list, so that a form may repeat its key.
    """

    name: str
    operators: tuple[str, ...] = ("exists",)
    sortable: bool = False
    textual: bool = False
    nullable: bool = False
    is_list: bool = False

    @abstractmethod
    def parse(self, raw: Any) -> Any:
        """Return the typed value of ``raw``.

        Raises:
            ValueError: ``raw`` is no value of this type; the message names the expected one.
            Invalid: a value inside ``raw`` does not fit; ``errors`` is keyed by dotted name relative to ``raw``.
        """

    @abstractmethod
    def dump(self, value: Any) -> Any:
        """Return ``value`` as JSON: dict, list, str, int, float, bool or None."""

    def same(self, one: Any, other: Any) -> bool:
        """Tell whether two values of this type are equal; either may be None."""
        return bool(one == other)

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # most types are replaced
        """Return ``stored`` with ``patch`` merged into it (RFC 7396, section 2); neither is changed."""
        return patch

    def diff(self, name: str, before: Any, after: Any) -> Diff:
        """Return the diff of two unequal values of the field ``name``."""
        return {name: {"from": before, "to": after}}

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:  # noqa: ARG002  # most have no parts
        """Yield the values inside ``value`` that a request may not set.

        Args:
            value: the typed value that the request sent.
            stored: the value before, whose read-only parts the request may repeat; None if there is none.

        Yields:
            Pairs of a dotted name relative to ``value`` and the value there.
        """
        yield from ()

    def id_of(self, value: Any) -> str | None:  # noqa: ARG002  # most types have none
        """Return the identifier of ``value`` in a list, not percent-encoded; None if it has none."""
        return None

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:  # noqa: ARG002  # most types hold none
        """Yield the references in ``value``: relative dotted name, model, primary key."""
        yield from ()


def parse_value(datatype: DataType, raw: Any) -> Any:
    """Return the typed value of ``raw``, or None for null.

    The empty text of a form is null, unless the type is textual.

    Raises:
        ValueError, Invalid: as ``DataType.parse``.
    """
    if isinstance(raw, FormValue):
        raw = _from_form(datatype, raw)
    return None if raw is None else datatype.parse(raw)


def _from_form(datatype: DataType, texts: FormValue) -> Any:
    if texts == ("",) and not datatype.textual:
        return None
    if datatype.is_list:
        return list(texts)
    return single_text(texts)


def single_text(texts: FormValue) -> str:
    """Return the only text of a form value; raise ValueError if there are several."""
    if len(texts) > 1:
        raise ValueError("is given more than once")
    return texts[0]


def dump_value(datatype: DataType, value: Any) -> Any:
    """Return ``value`` as JSON; None stays None."""
    return None if value is None else datatype.dump(value)


def references_in(values: Iterable[tuple[str, DataType, Any]]) -> Iterator[tuple[str, type, Any]]:
    """Yield the references in triples of name, type and value; a value may be None.

    Yields:
        Triples of dotted name, model referred to and primary key.
    """
    for name, datatype, value in values:
        if value is not None:
            for inner, model, key in datatype.references(value):
                yield f"{name}.{inner}" if inner else name, model, key


def parse_text(raw: Any) -> str:
    """Return ``raw``; raise ValueError if it is no text or cannot be encoded as UTF-8."""
    if not isinstance(raw, str):
        raise ValueError("expected a string")
    if not raw.isascii():
        try:
            raw.encode()
        except UnicodeEncodeError:
            raise ValueError("is not Unicode text: it has a lone surrogate") from None
    return raw
