"""Query strings as what they ask for, and cursors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from bzz.exceptions import Invalid
from bzz.providers.base import Provider
from bzz.providers.conditions import Condition
from bzz.providers.values import Cursor, Query
from bzz.query import expansion
from bzz.query.cursors import decode_cursor
from bzz.query.filters import find, typed
from bzz.query.pairs import query_pairs
from bzz.query.sorting import parse_sort
from bzz.resources.paths import Path
from bzz.resources.resource import Resource
from bzz.schema.containers import List
from bzz.schema.errors import MAX_ERRORS, UNKNOWN
from bzz.schema.scalars import BOOLEAN, STRING, integer
from bzz.schema.types import FormValue

SHAPE = ("fields", "expand")
PAGING = ("page", "per_page", "sort", "after", "count")
_PAGE = integer(1, 2**31 - 1)


class Parser:
    """Reads the query strings of one model's paths.

    Args:
        provider: of the model.
        resource: the model as requests may reach it.
        inside: whether the instances are kept inside their parent, whose order they have unless sorted.
    """

    def __init__(self, provider: Provider, resource: Resource, *, inside: bool = False) -> None:
        self.provider, self.resource, self.schema, self.inside = provider, resource, resource.schema, inside

    @classmethod
    def at(cls, provider: Provider, path: Path, resource: Resource) -> Parser:
        """Return the parser of what ``path`` ends in, with the ``resource`` of the last that is stored on its own there."""
        inside = path.end.is_embedded
        return cls(provider, replace(resource, schema=path.schema) if inside else resource, inside=inside)

    def query(self, given: str | Mapping[str, Any]) -> Query:
        """Return the ``Query`` that is asked for of a list, its values typed by their fields.

        Args:
            given: the query string; or from plain code its parameters, of typed values or text.

        Raises:
            Invalid: a parameter is unknown, given twice, or cannot take its value; ``errors`` says what there is.
            BadRequest: the query string is malformed.
        """
        query = Query(sort=[] if self.inside else [*self.schema.sort], per_page=self.resource.per_page)
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
        return decode_cursor(self.schema, text)

    def _fields(self, text: str) -> list[str]:
        known, names = dict(self.schema.readable), [*dict.fromkeys(text.split(","))]
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is unknown; there are {', '.join(known)}")
        return names

    def _expand(self, text: str) -> list[str]:
        names = [*dict.fromkeys(text.split(","))]
        expansion.plan(self.provider, self.schema, names)
        return names

    def _condition(self, key: str, value: Any, allowed: tuple[str, ...]) -> tuple[Condition, bool]:
        """Return a condition, and whether its parameter may be repeated."""
        found, operator = find(self.schema, key), "eq"
        if found is None:
            name, _, suffix = key.rpartition("__")
            found, operator = find(self.schema, name), suffix
        if found is None:
            names = ", ".join(name for name, _ in self.schema.readable)
            raise ValueError(f"{UNKNOWN}; a list takes {', '.join(allowed)} and the fields {names}")
        name, known = found
        if operator not in known.type.operators:
            raise ValueError(f"{self.schema.public(name)} takes {', '.join(known.type.operators)}, not {operator}")
        is_membership = isinstance(known.type, List) and operator == "contains"
        return typed(name, known, operator, FormValue((value,)) if isinstance(value, str) else value), is_membership


_READERS: Mapping[str, Callable[[Parser, str], Any]] = {
    "page": lambda _, text: _PAGE.parse(text),
    "per_page": lambda parser, text: integer(1, parser.resource.max_per_page).parse(text),
    "sort": lambda parser, text: parse_sort(parser.schema, STRING.parse(text)),
    "after": Parser._after,
    "count": lambda _, text: BOOLEAN.parse(text),
    "fields": Parser._fields,
    "expand": Parser._expand,
}
