"""A MongoEngine provider whose reads always make documents."""

from __future__ import annotations

from typing import Any

from bzz.providers import Address, Listing, Query, Schema, Stored
from bzz.providers.mongoengine import MongoEngineProvider


class MadeProvider(MongoEngineProvider):
    """Makes a document of each row, as if each read needed instances."""

    async def get(self, address: Address, **options: Any) -> Stored:
        return await super().get(address, **{**options, "needs_instances": True})

    async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
        return await super().list(schema, query, **{**options, "needs_instances": True})
