"""The parser of query strings: paging, order, filters and a reply's shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bzz.exceptions import Invalid
from bzz.providers.base import Provider
from bzz.providers.values import Cursor, Query
from bzz.query import expansion
from bzz.query.cursors import decode_cursor
from bzz.query.filters import parse_filter
from bzz.query.limits import check_keys
from bzz.query.pairs import query_pairs
from bzz.query.sorting import parse_sort
from bzz.resources.paths import Path, Step
from bzz.schema.errors import MAX_ERRORS
from bzz.schema.scalars import BOOLEAN, STRING, integer

SHAPE = ("fields", "expand")
PAGING = ("page", "per_page", "sort", "after", "count")
MAX_RELATIONS = 10  # conditions on relations that other rows store; PostgreSQL plans 40 of them for half a second
_PAGE = integer(1, 2**31 - 1)


class Parser:
    """The parser of query strings for the end of one path.

    Args:
        provider: the provider of the model.
        path: the path.
    """

    def __init__(self, provider: Provider, path: Path) -> None:
        self.provider, self.reach, end = provider, path.reach, path.end
        self.resource, self.schema, self.is_embedded = end.resource, end.schema, end.is_embedded
        is_sorted = provider.capabilities.sort and not end.is_embedded
        self.sort = default_sort(end) if is_sorted else ()

    def query(self, given: str | Mapping[str, Any]) -> Query:
        """Parse the parameters of a list and return a ``Query``.

        Args:
            given: a query string from Tornado. Plain code gives a dict from parameter to text, or to a value of the
                field's type.

        Raises:
            Invalid: a parameter is unknown, given twice, or cannot take its value. ``errors`` is a dict from parameter
                to the reasons.
            BadRequest: the query string is malformed.
        """
        query = Query(sort=[*self.sort], per_page=self.resource.per_page)
        if isinstance(given, str):
            self._read(query_pairs(given), query, (*PAGING, *SHAPE))
        else:
            self._read(given.items(), query, PAGING)
        if query.after and query.page > 1:
            raise Invalid("The query is not valid.", errors={"after": ["cannot be given together with page"]})
        return query

    def shape(self, encoded: str) -> Query:
        """Parse ``fields`` and ``expand``, the parameters of a request for one instance and of any write.

        Args:
            encoded: a query string from Tornado.

        Raises:
            Invalid: a parameter is unknown, given twice, or cannot take its value.
            BadRequest: the query string is malformed.
        """
        query = Query()
        self._read(query_pairs(encoded), query, SHAPE)
        return query

    def _read(self, given: Iterable[tuple[str, Any]], query: Query, allowed: tuple[str, ...]) -> None:
        errors: dict[str, list[str]] = {}
        seen: set[str] = set()
        for key, value in given:
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
            if not self._supports(key):
                raise ValueError("is not supported by the store of this list")
            setattr(query, key, _READERS[key](self, value))
        elif allowed == SHAPE:
            raise ValueError(f"unknown; there are {', '.join(SHAPE)}")
        else:
            supported = [name for name in allowed if self._supports(name)]
            condition, may_repeat = parse_filter(self.schema, key, value, supported)
            if not self.is_embedded:
                check_keys(self.provider.capabilities, condition)
            deferred = self.schema.deferred
            if condition.field in deferred and sum(one.field in deferred for one in query.where) == MAX_RELATIONS:
                raise ValueError(f"a list takes at most {MAX_RELATIONS} filters by relations that other rows store")
            query.where.append(condition)
        if repeated and not may_repeat:
            raise ValueError("is given more than once")

    def _supports(self, parameter: str) -> bool:
        """Tell whether the list takes a parameter. bzz itself pages and sorts embedded documents."""
        return self.is_embedded or getattr(self.provider.capabilities, parameter, True)

    def _after(self, text: str) -> Cursor:
        if self.is_embedded:
            raise ValueError("is not supported by lists of embedded documents; use page")
        return decode_cursor(self.provider, self.schema, text)

    def _fields(self, text: str) -> list[str]:
        known, names = dict(self.schema.readable), [*dict.fromkeys(text.split(","))]
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is unknown; there are {', '.join(known)}")
        return names

    def _expand(self, text: str) -> list[str]:
        names = [*dict.fromkeys(text.split(","))]
        expansion.plan(self.reach, self.schema, names)
        return names


def default_sort(end: Step) -> Sequence[tuple[str, bool]]:
    """Return the default order of the list at ``end``: that of the relation, or that of the members."""
    own = end.relation.field.sort if end.relation else ()
    return () if own is None else own or end.schema.sort


_READERS: Mapping[str, Callable[[Parser, str], Any]] = {
    "page": lambda _, text: _PAGE.parse(text),
    "per_page": lambda parser, text: integer(1, parser.resource.max_per_page).parse(text),
    "sort": lambda parser, text: parse_sort(parser.schema, STRING.parse(text)),
    "after": Parser._after,
    "count": lambda _, text: BOOLEAN.parse(text),
    "fields": Parser._fields,
    "expand": Parser._expand,
}
