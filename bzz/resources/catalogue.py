"""The resources of all models that this process serves."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from bzz.providers.base import Provider
from bzz.resources.resource import Resource

_hives: dict[Any, list[Callable[[], Resource]]] = {}
_resources: dict[Any, Resource] = {}  # made at first use; forgotten when another hive registers


def register_hive(model: Any, resource: Callable[[], Resource]) -> None:
    """Register a hive, whose resource limits every access to a model.

    Args:
        model: the model.
        resource: a function that returns the hive's resource. bzz calls this function at the first access.
    """
    _hives.setdefault(model, []).append(resource)
    _resources.clear()


def resource_of(provider: Provider, model: Any) -> Resource:
    """Return the strictest resource of a model's hives.

    This includes the hives of the models that ``model`` inherits from. The resource of a model without hives allows
    every access.

    Raises:
        TypeError: the provider cannot serve the model.
    """
    if model not in _resources:
        held = [resource() for base in model.__mro__ for resource in _hives.get(base, ())]
        first = held.pop(0) if model in _hives else Resource(provider.describe(model))
        _resources[model] = reduce(Resource.strictest, held, first)
    return _resources[model]


def forget_hives() -> None:
    """Forget all hives. Only tests call this."""
    _hives.clear()
    _resources.clear()
