"""Instances that the ORM cannot load."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.support.broken import breaks

LISTED, DELETED = "a_broken_instance_takes_no_other_with_it", "a_broken_instance_can_be_deleted"


@breaks("A list contains instances that cannot be loaded.", LISTED)
class LeavesOut(SQLAlchemyProvider):
    """Leaves broken instances out of lists."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=[one for one in listing.items if not one.is_broken])


@breaks("A list does not fail for an instance that cannot be loaded.", LISTED)
class Fragile(SQLAlchemyProvider):
    """Fails as soon as an instance of a list is broken."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        if any(one.is_broken for one in listing.items):
            raise Conflict("An instance cannot be loaded.")
        return listing


@breaks("Receivers of a list get no instance that cannot be loaded.", LISTED)
@breaks("Receivers of a deletion get no instance that cannot be loaded.", DELETED)
class Conceals(SQLAlchemyProvider):
    """Takes broken instances for others."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=[replace(one, is_broken=False) for one in listing.items])

    async def get(self, address: Any, **options: Any) -> Any:
        return replace(await super().get(address, **options), is_broken=False)


@breaks("An instance that cannot be loaded can be deleted.", DELETED)
class Keeps(SQLAlchemyProvider):
    """Deletes only what it can load."""

    async def delete(self, address: Any, *, state: Any, **options: Any) -> Any:
        stored = await self.get(address, state=state, needs_instances=False)
        if stored.is_broken:
            raise Conflict("The instance cannot be loaded.")
        return await super().delete(address, state=state, **options)
