"""Dependents: the instances that the ORM changes or deletes together with an instance that an act deletes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from bzz.lifecycle.act import Act
from bzz.providers.values import Address
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

    async def conclude(self, act: Act) -> None:
        """Send the ``post_`` signal."""
        if act.is_watched(self._signals[1], self._sender):
            await act.conclude(self._signals[1], sender=self._sender, key=self._key, **self._keywords)

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
        return type(self.dependent.stored.instance)

    @property
    def _key(self) -> Any:
        return self._sender, self.dependent.stored.values.get(str(self.dependent.schema.pk))

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


async def find_dependents(act: Act, address: Address) -> list[Consequence]:
    """Return the dependents of the instance at ``address`` that a receiver listens to."""
    if not are_dependents_heard():
        return []
    found = map(Consequence, await act.unit_of_work.dependents(address))
    return [dependent for dependent in found if dependent.is_heard]
