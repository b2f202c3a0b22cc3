"""Representations. They are made from the values of instances, or by methods of the models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import Stored
from bzz.schema.schema import Schema


async def represented(act: Act, items: Sequence[Stored]) -> list[Any]:
    """Return the representations of instances at the end of the path, as receivers have left the instances.

    Raises:
        BzzError: raised by ``Provider.list`` or ``Provider.run``.
    """
    items = await _undeferred(act, items)
    runs_code = act.has_changes or _have_methods(act.schema_of, items)
    return await _made(act.unit_of_work, act.schema, items, lambda item: _shown(act, item), runs_code=runs_code)


async def represent(unit_of_work: UnitOfWork, schema: Schema, items: Sequence[Stored]) -> list[Any]:
    """Return the representations of instances that no receiver gets.

    The representation is None if the request may not see an instance.

    Raises:
        BzzError: raised by ``Provider.run``.
    """

    def shown(item: Stored) -> Any:
        variant = schema.variant_of(item.own_class)
        return variant and variant.represent(item.values, None if item.is_broken else item.instance)

    return await _made(unit_of_work, schema, items, shown, runs_code=schema.has_methods)


async def _made(
    unit_of_work: UnitOfWork,
    schema: Schema,
    items: Sequence[Stored],
    show: Callable[[Stored], Any],
    *,
    runs_code: bool,
) -> list[Any]:
    def make() -> list[Any]:
        return [show(item) for item in items]

    if runs_code:
        return await unit_of_work.run(schema, [item.instance for item in items], make)
    return await unit_of_work.compute(make)


def _have_methods(schema_of: Callable[[Stored], Schema], items: Sequence[Stored]) -> bool:
    """Return whether a method of the model makes the representation of one of the instances."""
    return any(schema_of(item).represented_by for item in items if not item.is_broken)


async def _undeferred(act: Act, items: Sequence[Stored]) -> Sequence[Stored]:
    """Return stored instances with the deferred fields that the reply shows."""
    if not act.undefer or all(act.undefer.keys() <= item.values.keys() for item in items):
        return items
    work, schema, pk = act.unit_of_work, act.schema, str(act.schema.pk)
    keys = [(item.values or work.provider.values(schema, item.instance))[pk] for item in items]
    found = await work.fetch(schema, keys, undefer=act.undefer, hidden=True, needs_instances=False)
    loaded = [found[key].values if key in found else {} for key in keys]  # one may be deleted by now
    return [
        replace(item, values={**item.values, **{name: more[name] for name in act.undefer if name in more}})
        for item, more in zip(items, loaded, strict=True)
    ]


def _shown(act: Act, item: Stored) -> Any:
    """Return the representation of an instance. It shows only those deferred fields that ``undefer`` names."""
    schema, values = act.schema_of(item), item.values
    if act.has_changes and not item.is_broken:
        changed = act.unit_of_work.provider.stored(act.schema, item.instance, act.undefer)
        values = {**values, **changed.values}
    if hidden := act.schema.deferred - act.undefer.keys():  # a write loads the deferred fields that it changes
        values = {name: value for name, value in values.items() if name not in hidden}
    return schema.represent(values, None if item.is_broken else item.instance)
