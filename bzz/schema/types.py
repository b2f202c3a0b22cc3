"""The interface of the types. They parse input (JSON or form) into Python values, and dump these values as JSON.

``parse`` accepts JSON values, the texts of a form, and Python values of the type. So it can also parse the values that
receivers set. It raises ``ValueError`` for a value that is not of the type. For a value inside a list, map or embedded
document, it raises ``Invalid``. The ``errors`` of this exception is a dict from dotted name to texts. ``parse`` never
gets None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from bzz.schema.keeping import Kept, Show

Diff = dict[str, dict[str, Any]]
MAX_DEPTH = 32
EQUALITY = ("eq", "ne", "in", "nin", "exists")
ORDER = ("gt", "gte", "lt", "lte")
TEXT = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
OPERATORS = (*EQUALITY, *ORDER, *TEXT)


def identity(value: Any) -> Any:
    """Return ``value`` unchanged, because JSON can contain it."""
    return value


class FormValue(tuple[str, ...]):
    """The texts that a form holds for one key. There is at least one."""

    __slots__ = ()


class DataType(ABC):
    """The base of all types: the values that a field can hold.

    A type must be immutable. Its methods must not query the store.

    Attributes:
        name: the type's name in error texts.
        operators: the names from ``OPERATORS`` that filters on a field of this type may use.
        sortable: whether a list may be sorted by a field of this type.
        textual: whether the empty text in a form is a value of this type. If not, the empty text means null.
        nullable: whether null is a value of this type. If not, null means that there is no value.
        is_list: whether a value is a list. Then a form may repeat the key of the field.
        bounds: the keywords of JSON Schema that narrow the values of this type, such as ``maxLength``. None of them by
            default.
        members: a dict from name to JSON value, if only these values are allowed. Empty by default.
    """

    name: str
    operators: tuple[str, ...] = ("exists",)
    sortable: bool = False
    textual: bool = False
    nullable: bool = False
    is_list: bool = False
    bounds: Mapping[str, Any] = MappingProxyType({})
    members: Mapping[str, Any] = MappingProxyType({})

    @property
    def unbounded(self) -> DataType:
        """The type of the same kind of values without the bounds of one field: of length, range and precision.

        It types the values of conditions.
        """
        return self

    @abstractmethod
    def parse(self, raw: Any) -> Any:
        """Parse ``raw`` and return a value of this type.

        Raises:
            ValueError: ``raw`` is not a value of this type. The message names the expected type.
            Invalid: a value inside ``raw`` has the wrong type. ``errors`` is a dict from dotted name inside ``raw`` to
                texts.
        """

    @abstractmethod
    def dump(self, value: Any) -> Any:
        """Return ``value`` as JSON: dict, list, str, int, float, bool or None."""

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of the values, as replies show them.

        By default, it is the schema of any value.
        """
        return {}

    def same(self, one: Any, other: Any) -> bool:
        """Tell whether two values of this type are equal. Either may be None."""
        return bool(one == other)

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # most types replace the stored value
        """Return ``stored`` with ``patch`` merged into it (RFC 7396, section 2).

        The function does not change its arguments.
        """
        return patch

    def as_item(self, value: Any) -> Any:
        """Return a value as a new item of a list contains it.

        Lists are replaced, not merged. So nulls in their items are values where the type has such a value.
        """
        return value

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:  # noqa: ARG002  # most types have no parts
        """Return input with ``Kept`` in place of its parts that repeat parts of a stored value.

        Args:
            raw: the input, which does not repeat the whole of ``stored``. It is not None.
            stored: the stored value. It is not None, but may be a value of another type.
            show: a function that returns the representation of a stored value. It takes the type and the value.
        """
        return raw

    def diff(self, name: str, before: Any, after: Any) -> Diff:
        """Return the diff of two unequal values of the field ``name``."""
        return {name: {"from": before, "to": after}}

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:  # noqa: ARG002  # most have no parts
        """Yield the values inside ``value`` that a request may not set.

        Args:
            value: the value that the request sent, parsed.
            stored: the stored value. The request may repeat its read-only parts. None if there is no stored value.

        Yields:
            Pairs of a dotted name inside ``value`` and the value with this name.
        """
        yield from ()

    def missing(self, value: Any) -> Iterator[str]:  # noqa: ARG002  # most have no parts
        """Yield the dotted names of the required fields inside ``value``, a new value, that have no value."""
        yield from ()

    def id_of(self, value: Any) -> str | None:  # noqa: ARG002  # most types have none
        """Return the identifier of an item of a list, or None.

        The identifier is not percent-encoded.
        """
        return None

    def id_in(self, shown: Any) -> Any:  # noqa: ARG002  # most types have none
        """Return the identifier in the representation of an item of a list, or None."""
        return None

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:  # noqa: ARG002  # most types hold none
        """Yield the references in ``value``: dotted name inside it, model, primary key."""
        yield from ()


def parse_value(datatype: DataType, raw: Any) -> Any:
    """Parse ``raw`` and return a value of ``datatype``, or None for null.

    The empty text in a form is null unless the type is textual. A ``Kept`` stands for its stored value.

    Raises:
        ValueError, Invalid: raised by ``DataType.parse``.
    """
    if isinstance(raw, FormValue):
        raw = _from_form(datatype, raw)
    if raw is None:
        return None
    return raw.value if type(raw) is Kept else datatype.parse(raw)


def _from_form(datatype: DataType, texts: FormValue) -> Any:
    if texts == ("",) and not datatype.textual:
        return None
    if datatype.is_list:
        return list(texts)
    return single_text(texts)


def single_text(texts: FormValue) -> str:
    """Return the only text of a form value.

    Raises:
        ValueError: there are several texts.
    """
    if len(texts) > 1:
        raise ValueError("is given more than once")
    return texts[0]


def dump_value(datatype: DataType, value: Any) -> Any:
    """Return ``value`` as JSON. None stays None."""
    return None if value is None else datatype.dump(value)


def comes_back(datatype: DataType, value: Any) -> bool:
    """Tell whether ``parse`` makes an equal value of what ``dump`` returns for ``value``."""
    try:
        return bool(parse_value(datatype, dump_value(datatype, value)) == value)
    except (ValueError, TypeError, AttributeError):
        return False


def references_in(values: Iterable[tuple[str, DataType, Any]]) -> Iterator[tuple[str, type, Any]]:
    """Yield the references inside several values.

    Args:
        values: triples of dotted name, type and value. A value may be None.

    Yields:
        Triples of dotted name, the model that the reference refers to, and primary key.
    """
    for name, datatype, value in values:
        if value is not None:
            for inner, model, key in datatype.references(value):
                yield f"{name}.{inner}" if inner else name, model, key


def missing_in(values: Iterable[tuple[str, DataType, Any]]) -> Iterator[str]:
    """Yield the dotted names of the required fields inside several new values that have no value.

    Args:
        values: triples of dotted name, type and value. A value may be None.
    """
    for name, datatype, value in values:
        if value is not None:
            yield from (f"{name}.{inner}" for inner in datatype.missing(value))


def parse_text(raw: Any) -> str:
    """Check that ``raw`` is text and return it.

    Raises:
        ValueError: ``raw`` is not text, or cannot be encoded in UTF-8.
    """
    if not isinstance(raw, str):
        raise ValueError("expected a string")
    if not raw.isascii():
        try:
            raw.encode()
        except UnicodeEncodeError:
            raise ValueError("is not Unicode text: it has a lone surrogate") from None
    return raw


def dump_text(value: str) -> str:
    """Return a text that UTF-8 can encode: ``value``, with escapes in place of lone surrogates."""
    return value if value.isascii() else value.encode(errors="backslashreplace").decode()
