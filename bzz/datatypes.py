"""What a field can hold: how a value that arrives (JSON or form) becomes a Python value, and how that becomes JSON.

``parse`` accepts what JSON can say, the text of a form, and the Python value itself, so that what a receiver sets is
typed by the same code. A value that does not fit is a ``ValueError``; inside a list, map or embedded document it is an
``Invalid`` that says where. None never reaches ``parse``: the absence of a value is the field's affair.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bzz.exceptions import Invalid

Diff = dict[str, dict[str, Any]]
MAX_ERRORS = 100
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
    """

    name: str
    operators: tuple[str, ...] = ("exists",)
    sortable: bool = False
    textual: bool = False
    nullable: bool = False

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

    def protected(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:  # noqa: ARG002  # most have no parts
        """Yield, by dotted name, what ``value`` gives and a request may not, ``stored`` being the value so far."""
        yield from ()

    def id_of(self, value: Any) -> str | None:  # noqa: ARG002  # most types have none
        """Return what tells ``value`` from others in a list, as a URL has it; None where nothing does."""
        return None

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:  # noqa: ARG002  # most types hold none
        """Yield the references in ``value``: dotted name relative to it, model referred to, primary key."""
        yield from ()


def parse(datatype: DataType, raw: Any) -> Any:
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
    if isinstance(datatype, List):
        return list(texts)
    return single(texts)


def single(texts: FormValue) -> str:
    """Return the only text of a form value; raise ValueError if there are several."""
    if len(texts) > 1:
        raise ValueError("is given more than once")
    return texts[0]


def dump(datatype: DataType, value: Any) -> Any:
    """Return ``value`` as JSON has it; None stays None."""
    return None if value is None else datatype.dump(value)


def references(values: Iterable[tuple[str, DataType, Any]]) -> Iterator[tuple[str, type, Any]]:
    """Yield the references in named values of given types, by dotted name; a value may be None."""
    for name, datatype, value in values:
        if value is not None:
            for inner, model, key in datatype.references(value):
                yield f"{name}.{inner}" if inner else name, model, key


def add_error(errors: dict[str, list[str]], key: str, error: ValueError) -> None:
    """Record under ``key`` what ``error`` says, each inner field of an ``Invalid`` by its dotted name.

    Raises:
        Invalid: there are so many errors that more would help nobody.
    """
    if isinstance(error, Invalid) and error.errors:
        errors.update({f"{key}.{inner}": messages for inner, messages in error.errors.items()})
    else:
        errors[key] = [str(error)]
    if len(errors) >= MAX_ERRORS:
        raise Invalid(errors=dict(islice(errors.items(), MAX_ERRORS)))


@dataclass(frozen=True)
class List(DataType):
    """A list of values of one type, none of them null."""

    item: DataType
    name: str = "list"

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]  # of a list they depend on its items
        """Whether a value is in the list, where its items can be compared; and whether there is any."""
        return ("contains", "exists") if "eq" in self.item.operators else ("exists",)

    def parse(self, raw: Any) -> list[Any]:
        """Return the typed items; raise ValueError if ``raw`` is no list, Invalid by index if an item does not fit."""
        if not isinstance(raw, (list, tuple)):
            raise ValueError("expected a list")
        items = list(_parse_items(self.item, enumerate(raw)).values())
        ids = [found for item in items if (found := self.item.id_of(item)) is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("has items with the same id")
        return items

    def dump(self, value: Any) -> list[Any]:
        """Return the items as JSON has them."""
        return [dump(self.item, item) for item in value]

    def same(self, one: Any, other: Any) -> bool:
        """Compare item by item; None and the empty list are the same."""
        one, other = one or [], other or []
        if not (isinstance(one, list) and isinstance(other, list)):
            return bool(one == other)
        return len(one) == len(other) and all(map(self.item.same, one, other))

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # a list is replaced
        """Take the list given, with nothing to merge its items into."""
        return None if patch is None else [self.item.merge(None, item) for item in patch]

    def protected(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield what an item gives, unless it is an item that is stored, told by its own protected values."""
        left: defaultdict[str, list[Any]] = defaultdict(list)
        for item in reversed(stored or ()):
            left[self._own(item)].append(item)
        for index, item in enumerate(value):
            same = left[self._own(item)]
            found = self.item.protected(item, same.pop() if same else None)
            yield from ((f"{index}.{name}", inner) for name, inner in found)

    def _own(self, item: Any) -> str:
        """Return what tells an item from others: the protected values in it that are not in lists in turn."""
        found = self.item.protected(item, None)
        return repr([pair for pair in found if not any(part.isdigit() for part in pair[0].split("."))])

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the items, each under its index."""
        return references((str(index), self.item, item) for index, item in enumerate(value))


def text(raw: Any) -> str:
    """Return ``raw`` if it is text that can be written; raise ValueError if not."""
    if not isinstance(raw, str):
        raise ValueError("expected a string")
    if not raw.isascii():
        try:
            raw.encode()
        except UnicodeEncodeError:
            raise ValueError("has a surrogate, which is no character") from None
    return raw


@dataclass(frozen=True)
class Map(DataType):
    """An object with keys of the client's choice and values of one type.

    Args:
        item: the type of the values.
        check_key: raises ValueError for a key that the store could not keep.
    """

    item: DataType
    check_key: Callable[[str], object] = text
    name: str = "object"

    def parse(self, raw: Any) -> dict[str, Any]:
        """Return the typed values; a null stays, for merging (RFC 7396, section 2)."""
        if not isinstance(raw, Mapping):
            raise ValueError("expected an object")
        for key in raw:
            self.check_key(key)
        return _parse_items(self.item, raw.items(), nullable=True)

    def dump(self, value: Any) -> dict[str, Any]:
        """Return the values as JSON has them."""
        return {str(key): dump(self.item, item) for key, item in value.items()}

    def same(self, one: Any, other: Any) -> bool:
        """Compare key by key; None and the empty object are the same."""
        one, other = one or {}, other or {}
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return bool(one == other)
        return one.keys() == other.keys() and all(self.item.same(one[key], other[key]) for key in one)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge key by key; null removes a key."""
        if patch is None:
            return None
        stored = stored if isinstance(stored, dict) else {}
        given = {key: self.item.merge(stored.get(key), value) for key, value in patch.items() if value is not None}
        return {key: value for key, value in stored.items() if key not in patch} | given

    def protected(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a key's value gives that the stored one under that key has not."""
        for key, item in value.items():
            if item is not None:
                found = self.item.protected(item, (stored or {}).get(key))
                yield from ((f"{key}.{name}", inner) for name, inner in found)

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the values, each under its key."""
        return references((key, self.item, item) for key, item in value.items())


def _parse_items(datatype: DataType, items: Iterable[tuple[Any, Any]], *, nullable: bool = False) -> dict[Any, Any]:
    typed: dict[Any, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, raw in items:
        try:
            typed[key] = parse(datatype, raw)
            if typed[key] is None and not (nullable or datatype.nullable):
                raise ValueError("null is not a value here")
        except ValueError as error:
            add_error(errors, str(key), error)
    if errors:
        raise Invalid(errors=errors)
    return typed
