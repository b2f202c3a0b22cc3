"""Query strings as what they ask for, and cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson

from bzz import expansion
from bzz.catalogue import View
from bzz.conditions import Condition, Order, find, typed, value_at
from bzz.datatypes import MAX_ERRORS, FormValue, List, dump, parse
from bzz.encoding import pairs
from bzz.exceptions import BadRequest, Invalid
from bzz.interfaces import Cursor, Listing, Provider, Query
from bzz.resources import UNKNOWN, Resource
from bzz.routing import Path
from bzz.scalars import BOOLEAN, STRING, integer

SHAPE = ("fields", "expand")
PAGING = ("page", "per_page", "sort", "after", "count")
MAX_LENGTH = 16_384
_PAGE = integer(1, 2**31 - 1)


def query_pairs(encoded: str) -> list[tuple[str, str]]:
    """Return the parameters of a query string as Tornado has it: each byte that is not ASCII one Latin-1 character.

    Raises:
        BadRequest: as ``pairs``, or it is so long that no reply could repeat it in ``Link``.
    """
    if not encoded:
        return []
    if len(encoded) > MAX_LENGTH:
        raise BadRequest(f"The query string has more than {MAX_LENGTH} characters.")
    return pairs(encoded.encode("latin-1", errors="replace"), "The query string")


class Parser:
    """Reads the query strings of one model's paths.

    Args:
        provider: of the model.
        view: the model as requests may reach it.
        inside: whether the instances are kept inside their parent, whose order they have unless sorted.
    """

    def __init__(self, provider: Provider, view: View, *, inside: bool = False) -> None:
        self.provider, self.view, self.resource, self.inside = provider, view, view.resource, inside

    @classmethod
    def at(cls, provider: Provider, path: Path, view: View) -> Parser:
        """Return the parser of what ``path`` ends in, with the ``view`` of the last that is stored on its own there."""
        inside = path.end.is_embedded
        return cls(provider, replace(view, resource=path.resource) if inside else view, inside=inside)

    def query(self, given: str | Mapping[str, Any]) -> Query:
        """Return the ``Query`` that is asked for of a list, its values typed by their fields.

        Args:
            given: the query string; or from plain code its parameters, of typed values or text.

        Raises:
            Invalid: a parameter is unknown, given twice, or cannot take its value; ``errors`` says what there is.
            BadRequest: the query string is malformed.
        """
        query = Query(sort=[] if self.inside else [*self.resource.sort], per_page=self.view.per_page)
        if isinstance(given, str):
            self._read(query_pairs(given), query, (*PAGING, *SHAPE))
        else:
            self._read(given.items(), query, PAGING)
        if query.after and query.page > 1:
            raise Invalid("The query is not valid.", errors={"after": ["takes the place of page"]})
        return query

    def shape(self, encoded: str, *, lenient: bool = False) -> Query:
        """Return the ``Query`` of which a reply of one instance has ``fields`` and ``expand``; raise as ``query``.

        Args:
            encoded: the query string.
            lenient: whether other parameters are ignored, as they are on a write, rather than refused.
        """
        query = Query()
        self._read(query_pairs(encoded), query, SHAPE, lenient=lenient)
        return query

    def _read(
        self, given: Iterable[tuple[str, Any]], query: Query, allowed: tuple[str, ...], *, lenient: bool = False
    ) -> None:
        errors: dict[str, list[str]] = {}
        seen: set[str] = set()
        for key, value in given:
            if lenient and key not in allowed:
                continue
            try:
                self._take(query, allowed, key, value, repeated=key in seen)
            except ValueError as error:
                errors[key] = [str(error)]
            seen.add(key)
            if len(errors) == MAX_ERRORS:
                break
        if errors:
            raise Invalid("The query is not valid.", errors=errors)

    def _take(self, query: Query, allowed: tuple[str, ...], key: str, value: Any, *, repeated: bool) -> None:
        may_repeat = False
        if key in allowed:
            if not getattr(self.provider.capabilities, key, True):
                raise ValueError("is more than the store of this list can do")
            setattr(query, key, _READERS[key](self, value))
        elif allowed == SHAPE:
            raise ValueError(f"unknown; there are {', '.join(SHAPE)}")
        else:
            condition, may_repeat = self._condition(key, value, allowed)
            query.where.append(condition)
        if repeated and not may_repeat:
            raise ValueError("is given more than once")

    def _after(self, text: str) -> Cursor:
        if self.inside:
            raise ValueError("cannot be used here, where the list has page")
        return decode_cursor(self.resource, text)

    def _fields(self, text: str) -> list[str]:
        known, names = dict(self.resource.readable), [*dict.fromkeys(text.split(","))]
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is unknown; there are {', '.join(known)}")
        return names

    def _expand(self, text: str) -> list[str]:
        names = [*dict.fromkeys(text.split(","))]
        expansion.plan(self.provider, self.resource, names)
        return names

    def _condition(self, key: str, value: Any, allowed: tuple[str, ...]) -> tuple[Condition, bool]:
        """Return a condition, and whether its parameter may be repeated."""
        found, operator = find(self.resource, key), "eq"
        if found is None:
            name, _, suffix = key.rpartition("__")
            found, operator = find(self.resource, name), suffix
        if found is None:
            names = ", ".join(name for name, _ in self.resource.readable)
            raise ValueError(f"{UNKNOWN}; a list takes {', '.join(allowed)} and the fields {names}")
        name, known = found
        if operator not in known.type.operators:
            raise ValueError(f"{self.resource.public(name)} takes {', '.join(known.type.operators)}, not {operator}")
        is_membership = isinstance(known.type, List) and operator == "contains"
        return typed(name, known, operator, FormValue((value,)) if isinstance(value, str) else value), is_membership


_READERS: Mapping[str, Callable[[Parser, str], Any]] = {
    "page": lambda _, text: _PAGE.parse(text),
    "per_page": lambda parser, text: integer(1, parser.view.max_per_page).parse(text),
    "sort": lambda parser, text: parse_sort(parser.resource, STRING.parse(text)),
    "after": Parser._after,
    "count": lambda _, text: BOOLEAN.parse(text),
    "fields": Parser._fields,
    "expand": Parser._expand,
}


def parse_sort(resource: Resource, text: str) -> list[tuple[str, bool]]:
    """Return a sort order as pairs of field name and whether it descends, from ``-age,name``.

    Raises:
        ValueError: a field is unknown or cannot be sorted by.
    """
    order: list[tuple[str, bool]] = []
    for part in text.split(","):
        found = find(resource, part.removeprefix("-"))
        if found is None or not _may_sort(resource, *found):
            names = [name for name, known in resource.readable if _may_sort(resource, known.name, known)]
            raise ValueError(f"cannot sort by {part!r}; a list is sorted by {', '.join(names)}")
        if found[0] in dict(order):
            raise ValueError(f"cannot sort by {found[0]} twice")
        order.append((found[0], part.startswith("-")))
    return order


def _may_sort(resource: Resource, name: str, known: Any) -> bool:
    return bool(known.type.sortable or name == resource.pk)


def encode_cursor(resource: Resource, order: Order, values: Mapping[str, Any]) -> str | None:
    """Return the opaque text of the cursor after an instance with ``values`` in a list of ``order``.

    None if it would say what may not be read, or something in it is not of its field's type.
    """
    parts = []
    for name, _ in order:
        found, value = find(resource, _public(resource, name)), value_at(values, name)
        if found is None or not _may_sort(resource, *found):
            return None
        shown = resource.json.dump(dump(found[1].type, value))
        if not _comes_back(found[1].type, shown, value):
            return None
        parts.append(shown)
    names = [f"{'-' if descending else ''}{_public(resource, name)}" for name, descending in order]
    return base64.urlsafe_b64encode(orjson.dumps([",".join(names), parts])).decode().rstrip("=")


def _comes_back(datatype: Any, shown: Any, value: Any) -> bool:
    try:
        return bool(parse(datatype, shown) == value)
    except ValueError:
        return False


def _public(resource: Resource, name: str) -> str:
    first, dot, rest = name.partition(".")
    return f"{resource.public(first)}{dot}{rest}"


def decode_cursor(resource: Resource, text: str) -> Cursor:
    """Return the cursor that ``encode_cursor`` wrote as ``text``.

    Raises:
        ValueError: it wrote no such text for this resource.
    """
    try:
        names, shown = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        order = parse_sort(resource, names)
        fields = [found for name, _ in order if (found := find(resource, _public(resource, name)))]
        values = [parse(known.type, value) for (_, known), value in zip(fields, shown, strict=True)]
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise ValueError("is no cursor of this list") from None
    if order[-1][0] != resource.pk or values[-1] is None:
        raise ValueError("is no cursor of this list")
    return Cursor(tuple(order), tuple(values))


def check_cursor(resource: Resource, query: Query) -> None:
    """Raise BadRequest if a query's cursor is of another order than the query."""
    if query.after is not None and query.after.order != tuple(query.order(resource)):
        raise BadRequest("The cursor is of a list in another order.")


def page_links(path: str, encoded: str, query: Query, listing: Listing, cursor: str | None) -> str:
    """Return the value of ``Link`` to the pages around one (RFC 8288, section 3).

    Args:
        path: of the list.
        encoded: the query string that was asked with.
        query: what it asks for.
        listing: what came of it.
        cursor: to the next page; None where there is none, or only its number leads there.
    """
    pages: dict[str, tuple[str, Any]] = {"first": ("page", 1)}
    if query.skip:
        pages["prev"] = ("page", query.page - 1)
    if cursor:
        pages["next"] = ("after", cursor)
    elif listing.more and not query.after:
        pages["next"] = ("page", query.page + 1)
    asked = [(key, value) for key, value in query_pairs(encoded) if key not in ("page", "after")]
    kept = f"{urlencode(asked, safe=',')}&" if asked else ""
    return ", ".join(f'<{path}?{kept}{name}={value}>; rel="{rel}"' for rel, (name, value) in pages.items())
