"""Catalogue."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from bzz.providers.base import Provider
from bzz.resources.resource import Resource

_hives: dict[Any, list[Callable[[], Resource]]] = {}
_resources: dict[Any, Resource] = {}  # what was made of them so far


def register(model: Any, resource: Callable[[], Resource]) -> None:
    """Have a hive's view of ``model``, asked for when it is needed, hold wherever that is reached in this process."""
    _hives.setdefault(model, []).append(resource)
    _resources.clear()


def resource_of(provider: Provider, model: Any) -> Resource:
    """Return the strictest view that the hives of a model, and of those it inherits from, leave; without any, all.

    Raises:
        TypeError: the provider cannot serve the model.
    """
    if model not in _resources:
        held = [resource() for base in model.__mro__ for resource in _hives.get(base, ())]
        first = held.pop(0) if model in _hives else Resource(provider.describe(model))
        _resources[model] = reduce(Resource.strictest, held, first)
    return _resources[model]


def clear() -> None:
    """Forget every hive, as tests want it."""
    _hives.clear()
    _resources.clear()
