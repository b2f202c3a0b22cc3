"""The resources of all models that this process serves."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from bzz.providers.base import Provider
from bzz.resources.resource import Resource

_hives: dict[Any, list[Callable[[], Resource]]] = {}
_resources: dict[Any, Resource] = {}  # made at first use, until another hive registers


def register_hive(model: Any, resource: Callable[[], Resource]) -> None:
    """Limit each access to a model in this process to a hive's resource.

    Args:
        model: the model.
        resource: returns the hive's resource; called at the first access.
    """
    _hives.setdefault(model, []).append(resource)
    _resources.clear()


def resource_of(provider: Provider, model: Any) -> Resource:
    """Return the strictest resource of a model's hives; without hives, all of the model.

    The hives of models that it inherits from count, too.

    Raises:
        TypeError: the provider cannot serve the model.
    """
    if model not in _resources:
        held = [resource() for base in model.__mro__ for resource in _hives.get(base, ())]
        first = held.pop(0) if model in _hives else Resource(provider.describe(model))
        _resources[model] = reduce(Resource.strictest, held, first)
    return _resources[model]


def forget_hives() -> None:
    """Forget all hives; for tests."""
    _hives.clear()
    _resources.clear()
