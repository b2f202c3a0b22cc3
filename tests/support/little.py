"""Stores that can do little: the memory provider without some of its capabilities."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bzz.exceptions import BadRequest
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Listing, Query, Stored
from bzz.schema.fields import Field, Values
from bzz.schema.schema import Schema

KEY = b"0123456789abcdef"


@dataclass
class Item:
    name: str
    id: str
    size: int | None = None


@dataclass
class Box:
    id: str
    items: list[str] = field(default_factory=list, metadata={"reference": Item})


class Unsorted(MemoryProvider):
    """Lists instances in the order of their creation."""

    capabilities = Capabilities(sort=False, after=False)

    def __init__(self) -> None:
        super().__init__()
        self.created: dict[Any, int] = {}  # numbers of instances, by model and key, also of deleted ones

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        stored = await super().create(schema, data, state=state)
        self.created[schema.model, stored.values[str(schema.pk)]] = len(self.created)
        return stored

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        return self.page(await self.everything(schema, query, **options), query)

    async def everything(self, schema: Schema, query: Query, **options: Any) -> Listing:
        """Return all instances that meet a query's conditions."""
        listing = await super().list(schema, replace(query, after=None, page=1, per_page=2**31), **options)
        return replace(listing, items=sorted(listing.items, key=lambda item: self.number(schema, item)))

    def number(self, schema: Schema, item: Stored) -> int:
        return self.created[schema.model, item.values[str(schema.pk)]]

    def page(self, listing: Listing, query: Query, start: int = 0) -> Listing:
        start += query.skip
        end = start + query.per_page
        return replace(listing, items=listing.items[start:end], more=len(listing.items) > end)


class Tokens(Unsorted):
    """Gives tokens: the number of the last instance on the page, signed."""

    capabilities = Capabilities(sort=False, page=False, token=True)

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        last, listing = self.number_in(query.token), await self.everything(schema, query, **options)
        numbers = [self.number(schema, item) for item in listing.items]
        page = self.page(listing, query, 0 if last is None else self.start(numbers, last))
        return replace(page, token=self.token(self.number(schema, page.items[-1])) if page.more else None)

    def start(self, numbers: Sequence[int], last: int) -> int:
        """Return how many instances are before a page, by the number of the last one of them."""
        return sum(number <= last for number in numbers)

    def number_in(self, token: str | None) -> int | None:
        if token is None:
            return None
        number = token.partition(".")[0]
        if token != self.token(number):
            raise BadRequest("The cursor is of no list of this store; begin again without it.")
        return int(number)

    def token(self, number: object) -> str:
        return f"{number}.{hmac.new(KEY, str(number).encode(), hashlib.sha256).hexdigest()}"


class SortedTokens(Tokens):
    """Sorts lists, and gives tokens."""

    capabilities = Capabilities(page=False, token=True)

    async def everything(self, schema: Schema, query: Query, **options: Any) -> Listing:
        return await MemoryProvider.list(self, schema, replace(query, after=None, page=1, per_page=2**31), **options)

    def start(self, numbers: Sequence[int], last: int) -> int:
        return numbers.index(last) + 1


class Cursored(MemoryProvider):
    """Has no page numbers."""

    capabilities = Capabilities(page=False)


class FewKeys(MemoryProvider):
    """Looks for three keys at once, and notes for how many it has looked."""

    capabilities = Capabilities(keys=3)

    def __init__(self) -> None:
        super().__init__()
        self.looked: list[int] = []

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        self.looked += [len(one.value) for one in query.where if one.operator in ("in", "nin")]
        return await super().list(schema, query, **options)


def with_field(schema: Schema, name: str, **changes: Any) -> Schema:
    """Return a schema with changes of one field."""
    known: Field = replace(schema.fields[name], **changes)
    return replace(schema, fields={**schema.fields, name: known})


class Unsortable(MemoryProvider):
    """Cannot sort by primary keys."""

    def describe(self, model: type) -> Schema:
        schema = super().describe(model)
        pk = str(schema.pk)
        return with_field(schema, pk, type=replace(schema.fields[pk].type, sortable=False))  # type: ignore[type-var]
