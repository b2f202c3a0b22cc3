"""A provider as one act uses it: in the scope of that act, and watched by whoever wants to know what it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bzz.cancellation import deferred
from bzz.changes import Change
from bzz.conditions import Condition
from bzz.interfaces import Address, Before, BeforeCreate, Listing, Provider, Query, Scope, Stored
from bzz.pool import off_loop
from bzz.resources import Resource, Values
from bzz.signals import post_provider_call, pre_provider_call
from bzz.stopwatch import Stopwatch, running

T = TypeVar("T")
WRITES = {"create", "update", "delete"}  # what they have done is done, whoever is cancelled meanwhile


@dataclass(frozen=True, slots=True)
class Store:
    """What one act reads from and writes to; each operation does, returns and raises what the provider's does.

    Args:
        provider: of the models.
        scope: of the act.
    """

    provider: Provider
    scope: Scope = field(default_factory=Scope)

    def get(self, address: Address, *, represent: bool = False) -> Coroutine[Any, Any, Stored]:
        """As ``Provider.get``."""
        return self._watched("get", address.resource, self.provider.get(address, scope=self.scope, represent=represent))

    def list(self, resource: Resource, query: Query, *, represent: bool) -> Coroutine[Any, Any, Listing]:
        """As ``Provider.list``."""
        return self._watched(
            "list", resource, self.provider.list(resource, query, scope=self.scope, represent=represent)
        )

    async def fetch(self, resource: Resource, keys: Iterable[Any], *, represent: bool) -> dict[Any, Stored]:
        """Return, by primary key, those of the instances with ``keys`` that there are and a list may show.

        Args:
            resource: the model.
            keys: primary keys, typed or as text; what cannot be one is passed over.
            represent: whether they come with their representations.

        Raises:
            Unavailable: the store cannot be reached in time.
        """
        given, pk = [*keys], str(resource.pk)
        wanted = await off_loop(given, resource.keys, given)
        if not wanted:
            return {}
        query = Query(where=[Condition(pk, "in", wanted)], per_page=len(wanted))
        listing = await self.list(resource, query, represent=represent)
        return {item.values[pk]: item for item in listing.items}

    def create(self, resource: Resource, data: Values, *, before: BeforeCreate | None) -> Coroutine[Any, Any, Stored]:
        """As ``Provider.create``."""
        return self._watched("create", resource, self.provider.create(resource, data, before=before, scope=self.scope))

    def update(
        self, address: Address, change: Change, *, exact: bool, before: Before | None
    ) -> Coroutine[Any, Any, Stored]:
        """As ``Provider.update``."""
        updating = self.provider.update(address, change, exact=exact, before=before, scope=self.scope)
        return self._watched("update", address.resource, updating)

    def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, before: Before | None
    ) -> Coroutine[Any, Any, Stored]:
        """As ``Provider.delete``."""
        deleting = self.provider.delete(address, check=check, before=before, scope=self.scope)
        return self._watched("delete", address.resource, deleting)

    async def represent(self, resource: Resource, instances: Sequence[Any]) -> Sequence[Stored]:
        """As ``Provider.represent``."""
        return await self.provider.represent(resource, instances, scope=self.scope)

    def _watched(self, name: str, resource: Resource, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return ``operation``, with the signals around it if anybody hears them."""
        sender = self.provider.name
        is_heard = pre_provider_call.has_receivers_for(sender) or post_provider_call.has_receivers_for(sender)
        if is_heard or running.get():  # in a receiver during another operation, whose time this is not
            return self._observed(operation, {"operation_name": name, "target_name": resource.model.__name__})
        return operation

    async def _observed(self, operation: Coroutine[Any, Any, T], call: dict[str, str]) -> T:
        sender, stopwatch = self.provider.name, Stopwatch()
        try:
            await pre_provider_call.send_async(sender, **call)
            token = running.set(stopwatch)
            try:
                result = await operation
            finally:
                running.reset(token)
        except (Exception, asyncio.CancelledError) as error:
            operation.close()  # if it was not even begun
            await post_provider_call.send_async(sender, **call, duration=stopwatch.seconds, error=error)
            raise
        with deferred() if call["operation_name"] in WRITES else nullcontext():
            await post_provider_call.send_async(sender, **call, duration=stopwatch.seconds, error=None)
        return result
