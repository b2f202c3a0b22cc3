"""What a field can hold: how a value that arrives (JSON or form) becomes a Python value, and how that becomes JSON.

``parse`` accepts what JSON can say, the text of a form, and the Python value itself, so that what a receiver sets is
typed by the same code. A value that does not fit is a ``ValueError``; inside a list, map or embedded document it is an
``Invalid`` that says where. None never reaches ``parse``: the absence of a value is the field's affair.
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
    """Return ``value``: what JSON has already needs no dumping."""
    return value


class FormValue(tuple[str, ...]):
    """The texts that a form gave for one key: at least one, as they were sent."""

    __slots__ = ()


class DataType(ABC):
    """One kind of value.

    Attributes:
        name: what it is called in messages.
        operators: what a list may be filtered with by a field of this type, of ``OPERATORS``.
        sortable: whether a list may be sorted by it.
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
        """Return the typed value that ``raw`` stands for.

        Raises:
            ValueError: it stands for none; the message says what is expected.
            Invalid: something inside it does not fit; ``errors`` is keyed relative to this value.
        """

    @abstractmethod
    def dump(self, value: Any) -> Any:
        """Return ``value`` as JSON has it: dict, list, str, int, float, bool or None."""

    def same(self, one: Any, other: Any) -> bool:
        """Tell whether two values of this type, either of them maybe None, are the same."""
        return bool(one == other)

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # most types are replaced
        """Return what a value becomes when ``patch`` is merged into it (RFC 7396, section 2); neither is changed."""
        return patch

    def diff(self, name: str, before: Any, after: Any) -> Diff:
        """Return how two values of the field ``name`` that are not the same differ, by dotted field name."""
        return {name: {"from": before, "to": after}}

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:  # noqa: ARG002  # most have no parts
        """Yield, by dotted name, what ``value`` gives and a request may not, ``stored`` being the value so far."""
        yield from ()

    def id_of(self, value: Any) -> str | None:  # noqa: ARG002  # most types have none
        """Return what tells ``value`` from others in a list, as a URL has it; None where nothing does."""
        return None

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:  # noqa: ARG002  # most types hold none
        """Yield the references in ``value``: dotted name relative to it, model referred to, primary key."""
        yield from ()


def parse_value(datatype: DataType, raw: Any) -> Any:
    """Return what ``raw`` stands for in a field of ``datatype``: None for null, and for the empty text of most types.

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
    """Return ``value`` as JSON has it; None stays None."""
    return None if value is None else datatype.dump(value)


def references_in(values: Iterable[tuple[str, DataType, Any]]) -> Iterator[tuple[str, type, Any]]:
    """Yield the references in named values of given types, by dotted name; a value may be None."""
    for name, datatype, value in values:
        if value is not None:
            for inner, model, key in datatype.references(value):
                yield f"{name}.{inner}" if inner else name, model, key


def parse_text(raw: Any) -> str:
    """Return ``raw`` if it is text that can be written; raise ValueError if not."""
    if not isinstance(raw, str):
        raise ValueError("expected a string")
    if not raw.isascii():
        try:
            raw.encode()
        except UnicodeEncodeError:
            raise ValueError("has a surrogate, which is no character") from None
    return raw
