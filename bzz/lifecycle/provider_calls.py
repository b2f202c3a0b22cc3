"""The signals around each call of a provider that may reach the store."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import nullcontext
from time import perf_counter
from typing import Any, TypeVar
from uuid import uuid4

from bzz.concurrency.cancellation import postponed, uncancelled
from bzz.providers.base import Provider
from bzz.schema.schema import Schema
from bzz.signals import post_provider_call, pre_provider_call

T = TypeVar("T")
WRITES = {"create", "update", "delete", "write_all"}
KEPT = {*WRITES, "begin"}  # calls with a result that a cancellation must not take away


def watched(provider: Provider, name: str, schema: Schema, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """Return ``operation``, with its two signals if a receiver listens.

    A cancellation does not interrupt a write.

    Args:
        provider: the provider.
        name: the name of the provider's method.
        schema: the schema of the instances that the call is about.
        operation: the call, which has not begun.
    """
    if pre_provider_call.receivers or post_provider_call.receivers:
        sender = provider.name
        if pre_provider_call.has_receivers_for(sender) or post_provider_call.has_receivers_for(sender):
            call = {
                "operation_name": name,
                "target_name": schema.target_name,
                "model": schema.model,
                "call_id": uuid4().hex,
            }
            return _observed(sender, name, operation, call)
    return uncancelled(operation) if name in WRITES else operation


async def _observed(sender: str, name: str, operation: Coroutine[Any, Any, T], call: dict[str, Any]) -> T:
    began = None
    try:
        await pre_provider_call.send_async(sender, **call)
        began = perf_counter()
        result = await (uncancelled(operation) if name in WRITES else operation)
    except (Exception, asyncio.CancelledError) as error:
        operation.close()  # needed if the operation did not begin
        await post_provider_call.send_async(sender, **call, duration=_since(began), error=error)
        raise
    duration = _since(began)
    with postponed() if name in KEPT else nullcontext():
        await post_provider_call.send_async(sender, **call, duration=duration, error=None)
    return result


def _since(began: float | None) -> float:
    return 0.0 if began is None else perf_counter() - began
