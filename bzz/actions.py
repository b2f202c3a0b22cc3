"""The lifecycle: one function per act, each a ``pre_`` signal, the provider, and a ``post_`` signal.

It knows neither HTTP nor an ORM, and can be called from any async code. ``handler`` is passed on, to receivers and to
the model's own hooks, and looked at only for whether a receiver has finished it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bzz import signals
from bzz.exceptions import Finished
from bzz.interfaces import BeforeCreate, BeforeDelete, BeforeUpdate, Listing, Outcome, Path, Provider, Query
from bzz.pool import in_pool
from bzz.resources import Patch, Resource, Values
from bzz.signals import Computed

T = TypeVar("T")
MANY = 2000  # values, in a body; typing more than that takes long enough to be done off the event loop


async def get_instance(provider: Provider, path: Path, *, handler: object = None) -> Outcome:
    """Return the instance at ``path`` and its representation.

    Raises:
        BzzError: as ``Provider.get``.
        Exception: what a receiver raised.
    """
    model = path.resource.model
    if signals.pre_get_instance.has_receivers_for(model):
        await signals.pre_get_instance.send_async(model, arguments=path.arguments, handler=handler)
        _stop_if_answered(handler)
    watched = signals.post_get_instance.has_receivers_for(model)
    outcome = await provider.get(path, handler=handler, represent=not watched)
    if watched:
        await signals.post_get_instance.send_async(model, instance=outcome.instance, handler=handler)
        [body] = await provider.represent(path.resource, [outcome.instance])
        outcome = replace(outcome, body=body)
    return outcome


async def get_list(provider: Provider, path: Path, query: Query, *, handler: object = None) -> Listing:
    """Return the page of instances that ``query`` asks for, and their representations.

    Raises:
        BzzError: as ``Provider.list``.
        Exception: what a receiver raised.
    """
    model = path.resource.model
    if signals.pre_get_list.has_receivers_for(model):
        await signals.pre_get_list.send_async(model, arguments=path.arguments, handler=handler, query=query)
        _stop_if_answered(handler)
    watched = signals.post_get_list.has_receivers_for(model)
    listing = await provider.list(path, query, handler=handler, represent=not watched)
    if watched:
        await signals.post_get_list.send_async(model, items=listing.items, handler=handler)
        listing = replace(listing, bodies=await provider.represent(path.resource, listing.items))
    return listing


async def create_instance(provider: Provider, path: Path, raw: Mapping[str, Any], *, handler: object = None) -> Outcome:
    """Store a new instance with the values ``raw`` gives, as they come from JSON or a form.

    Raises:
        BzzError: as ``Resource.parse_insert`` and ``Provider.create``.
        Exception: what a receiver of ``pre_create_instance`` raised; nothing is written.
    """
    model, data = path.resource.model, await _type(path.resource.parse_insert, raw)
    before: BeforeCreate | None = None
    if signals.pre_create_instance.has_receivers_for(model):

        async def before() -> None:
            await signals.pre_create_instance.send_async(model, arguments=path.arguments, handler=handler, data=data)
            _stop_if_answered(handler)
            await _retype(path.resource, data)
            data.update(path.resource.merge({}, data))

    outcome = await provider.create(path, data, before=before, handler=handler)
    if signals.post_create_instance.has_receivers_for(model):
        await signals.post_create_instance.send_async(model, instance=outcome.instance, handler=handler)
    return outcome


async def update_instance(provider: Provider, path: Path, raw: Mapping[str, Any], *, handler: object = None) -> Outcome:
    """Merge what ``raw`` gives into the instance at ``path`` (RFC 7396, section 2) and store what differs.

    Raises:
        BzzError: as ``Resource.parse_patch`` and ``Provider.update``.
        Exception: what a receiver of ``pre_update_instance`` raised; nothing is written.
    """
    model, patch = path.resource.model, await _type(path.resource.parse_patch, raw)
    before: BeforeUpdate | None = None
    if signals.pre_update_instance.has_receivers_for(model):

        async def before(instance: Any, stored: Values) -> None:
            patch.check(stored)
            await signals.pre_update_instance.send_async(
                model,
                arguments=path.arguments,
                handler=handler,
                data=patch.data,
                instance=instance,
                updated_fields=Computed(lambda: _expected(patch, stored)),
            )
            _stop_if_answered(handler)
            await _retype(path.resource, patch.data)

    outcome = await provider.update(path, patch, before=before, handler=handler)
    if signals.post_update_instance.has_receivers_for(model):
        await signals.post_update_instance.send_async(
            model, instance=outcome.instance, updated_fields=outcome.updated_fields, handler=handler
        )
    return outcome


async def delete_instance(provider: Provider, path: Path, *, handler: object = None) -> None:
    """Delete the instance at ``path``.

    Raises:
        BzzError: as ``Provider.delete``.
        Exception: what a receiver of ``pre_delete_instance`` raised; nothing is deleted.
    """
    model = path.resource.model
    before: BeforeDelete | None = None
    if signals.pre_delete_instance.has_receivers_for(model):

        async def before(instance: Any) -> None:
            await signals.pre_delete_instance.send_async(
                model, arguments=path.arguments, handler=handler, instance=instance
            )
            _stop_if_answered(handler)

    instance = await provider.delete(path, before=before, handler=handler)
    if signals.post_delete_instance.has_receivers_for(model):
        await signals.post_delete_instance.send_async(model, instance=instance, handler=handler)


def _stop_if_answered(handler: object) -> None:
    """Stop an act whose request a receiver has answered, as Tornado stops after a ``prepare`` that has.

    Raises:
        Finished: it has.
    """
    if getattr(handler, "_finished", False):
        raise Finished("A receiver has answered the request.")


async def _type(parse: Callable[[Mapping[str, Any]], T], raw: Mapping[str, Any]) -> T:
    """Return ``parse(raw)``, computed off the event loop where there is much of it."""
    return await in_pool(parse, raw) if _is_large(raw) else parse(raw)


async def _retype(resource: Resource, data: Values) -> None:
    """Type again, in place, values that receivers may have changed; they may set fields that requests may not."""
    typed = await _type(lambda raw: resource.parse(raw, hidden=True), data)
    data.clear()
    data.update(typed)


def _expected(patch: Patch, stored: Values) -> dict[str, dict[str, Any]]:
    """Return the diff that ``patch`` would make if no receiver changed it any more."""
    typed = patch.resource.parse(patch.data, hidden=True)
    return patch.resource.diff(stored, patch.resource.merge(stored, typed))


def _is_large(value: object) -> bool:
    left, waiting = MANY, [value]
    while waiting and left > 0:
        inner = waiting.pop()
        if isinstance(inner, (dict, list)):
            left -= len(inner)
            waiting.extend(inner.values() if isinstance(inner, dict) else inner)
    return left <= 0
