"""Stores that can do little: the memory provider without some of its capabilities."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import Any

from bzz.exceptions import BadRequest
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Listing, Query
from bzz.schema.fields import Field
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

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        return self.page(await self.everything(schema, query, **options), query, query.skip)

    async def everything(self, schema: Schema, query: Query, **options: Any) -> Listing:
        """Return all instances that meet a query's conditions."""
        listing = await super().list(schema, replace(query, after=None, page=1, per_page=2**31), **options)
        rank = {key: number for number, key in enumerate(self._table(schema.model))}
        return replace(listing, items=sorted(listing.items, key=lambda item: rank[item.values[str(schema.pk)]]))

    def page(self, listing: Listing, query: Query, start: int) -> Listing:
        end = start + query.per_page
        return replace(listing, items=listing.items[start:end], more=len(listing.items) > end)


class Tokens(Unsorted):
    """Gives tokens: the number of instances before the page, signed."""

    capabilities = Capabilities(sort=False, page=False, token=True)

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        start = self.start(query.token)
        listing = self.page(await self.everything(schema, query, **options), query, start)
        return replace(listing, token=self.token(start + query.per_page) if listing.more else None)

    def start(self, token: str | None) -> int:
        if token is None:
            return 0
        start = token.partition(".")[0]
        if token != self.token(start):
            raise BadRequest("The cursor is of no list of this store; begin again without it.")
        return int(start)

    def token(self, start: object) -> str:
        return f"{start}.{hmac.new(KEY, str(start).encode(), hashlib.sha256).hexdigest()}"


class SortedTokens(Tokens):
    """Sorts lists, and gives tokens."""

    capabilities = Capabilities(page=False, token=True)

    async def everything(self, schema: Schema, query: Query, **options: Any) -> Listing:
        return await MemoryProvider.list(self, schema, replace(query, after=None, page=1, per_page=2**31), **options)


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
