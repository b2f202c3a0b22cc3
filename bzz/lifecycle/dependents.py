"""Dependents: the instances that the ORM changes or deletes together with an instance that an act deletes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import Unavailable
from bzz.lifecycle.act import Act
from bzz.providers.values import Address, Stored
from bzz.providers.writes import Dependent
from bzz.schema.types import Diff
from bzz.signals import (
    Signal,
    post_delete_instance,
    post_update_instance,
    pre_delete_instance,
    pre_update_instance,
    request_failed,
)

logger = logging.getLogger("bzz")
UPDATED, DELETED = (pre_update_instance, post_update_instance), (pre_delete_instance, post_delete_instance)


@dataclass(frozen=True, slots=True)
class Consequence:
    """The update or deletion of one dependent, and its signals.

    Receivers of the ``pre_`` signal cannot prevent it. What they raise is logged.

    Args:
        dependent: the dependent.
    """

    dependent: Dependent

    async def announce(self, act: Act) -> None:
        """Send the ``pre_`` signal."""
        try:
            if act.is_watched(self._signals[0], self._sender):
                keywords = self._keywords if self.dependent.change is None else {**self._keywords, "data": self._data}
                await act.announce(self._signals[0], sender=self._sender, key=self._key, **keywords)
        except Exception:
            logger.exception("A receiver of %s failed", self._signals[0].name)

    async def conclude(self, act: Act, now: Stored | None) -> None:
        """Send the ``post_`` signal.

        Args:
            act: the act.
            now: the instance as it is after the write. None if it was deleted.
        """
        keywords = self._keywords if now is None else {**self._keywords, "instance": now.instance}
        await act.conclude(self._signals[1], sender=self._sender, key=self._key, **keywords)

    @property
    def pk(self) -> Any:
        """The primary key of the dependent."""
        return self.dependent.stored.values.get(str(self.dependent.schema.pk))

    @property
    def is_heard(self) -> bool:
        """Whether a receiver may listen."""
        signals = (*self._signals, request_failed)
        return any(signal.has_receivers_for(self._sender) for signal in signals)

    @property
    def _signals(self) -> tuple[Signal, Signal]:
        return DELETED if self.dependent.change is None else UPDATED

    @property
    def _sender(self) -> type:
        return self.dependent.stored.own_class

    @property
    def _key(self) -> Any:
        return self._sender, self.pk

    @property
    def _data(self) -> dict[str, Any]:
        return dict(self.dependent.change or {})

    @property
    def _keywords(self) -> dict[str, Any]:
        found, change = self.dependent.stored, self.dependent.change
        if change is None:
            return {"instance": found.instance}
        schema = self.dependent.schema
        diff: Diff = schema.diff(found.values, {**found.values, **change})
        return {"instance": found.instance, "updated_fields": diff}


def are_dependents_heard() -> bool:
    """Tell whether a receiver may listen to the signals of dependents."""
    return any(signal.receivers for signal in (*UPDATED, *DELETED, request_failed))


def _is_class_heard(model: type) -> bool:
    """Tell whether a receiver may listen to the signals of a dependent of a class."""
    return any(signal.has_receivers_for(model) for signal in (*UPDATED, *DELETED, request_failed))


async def find_dependents(act: Act, address: Address) -> list[Consequence]:
    """Return the dependents of the instance at ``address`` that a receiver listens to."""
    if not are_dependents_heard():
        return []
    found = map(Consequence, await act.unit_of_work.dependents(address, _is_class_heard))
    return [dependent for dependent in found if dependent.is_heard]


async def conclude_dependents(act: Act, dependents: Sequence[Consequence]) -> None:
    """Send the ``post_`` signals of dependents, with the instances as they are after the write."""
    updated: defaultdict[type, list[Consequence]] = defaultdict(list)
    for one in dependents:
        if one.dependent.change is not None:
            updated[one.dependent.schema.model].append(one)
    found: dict[tuple[type, Any], Stored] = {}
    with suppress(Unavailable):  # the write is stored: the act must not fail now
        for model, some in updated.items():
            keys, schema = [one.pk for one in some], some[0].dependent.schema
            loaded = await act.unit_of_work.fetch(schema, keys, hidden=True, needs_instances=True)
            found |= {(model, key): stored for key, stored in loaded.items()}
    for one in dependents:
        await one.conclude(act, found.get((one.dependent.schema.model, one.pk)))
