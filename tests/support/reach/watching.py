"""A record of the signals of acts, and what must hold for it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from bzz import signals
from bzz.exceptions import Forbidden
from tests.support.reach import models, plan
from tests.support.reach.state import Row, State
from tests.support.reach.telling import Told
from tests.support.signals import LIFECYCLE, SIGNALS

READS = ("get_instance", "get_list")
FAILED = {"get": "get_instance", "list": "get_list"} | {
    act: f"{act}_instance" for act in ("create", "update", "delete")
}


@dataclasses.dataclass(frozen=True)
class Event:
    """One signal that was sent.

    Args:
        when: ``pre``, ``post`` or ``failed``.
        act: as ``Told`` has it.
        sender: the name of the sender.
        key: the primary key of the instance, if the signal has one.
        parent: the primary key of the parent.
        field: the relation.
        fields: the changed fields of an update.
        loaded: the values of the instance and of the parent, as the receiver finds them.
    """

    when: str
    act: str
    sender: str
    key: int | None
    parent: int | None
    field: str | None
    fields: frozenset[str] | None
    loaded: tuple[Row, ...] = dataclasses.field(compare=False)


class Watch:
    """Receivers of all signals of acts."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._receivers: list[Any] = []

    def connect(self, refusing: Iterable[tuple[str, str]]) -> None:
        """Connect a receiver to each signal, and one that refuses to each pair of a signal and a class."""
        for name in LIFECYCLE:
            SIGNALS[name].connect(self._receive)
        for name, model in refusing:
            receiver = _refuse()
            self._receivers.append(receiver)
            SIGNALS[name].connect(receiver, models.CLASSES[model])

    def close(self) -> None:
        for name in LIFECYCLE:
            SIGNALS[name]._clear_state()

    def _receive(self, sender: Any, signal: signals.Signal, **keywords: Any) -> None:
        when, _, act = signal.name.partition("_")
        if signal.name == "request_failed":
            when, act = "failed", FAILED.get(keywords["act"], keywords["act"])
        instance, parent = keywords.get("instance"), keywords.get("parent")
        diff = keywords.get("updated_fields")
        self.events.append(
            Event(
                when,
                act,
                sender.__name__,
                _key(instance),
                _key(parent),
                keywords.get("field"),
                None if diff is None else frozenset(diff),
                tuple(_loaded(one) for one in (instance, parent) if one is not None),
            )
        )

    def check(self, expected: set[Told], after: State) -> None:
        """Check that each act was told once, as its row is now, and that each ``pre_`` has an end."""
        found = Counter(
            Told(one.act, one.sender, one.key or 0, one.parent, one.field, one.fields)
            for one in self.events
            if one.when == "post" and one.act not in READS
        )
        wanted = Counter(Told(one.act, one.sender, one.key, one.parent, one.field, one.fields) for one in expected)
        assert found == wanted, f"told: {[*found - wanted]}\nnot told: {[*wanted - found]}"
        self._check_pairs()
        for one in self.events:
            if one.when == "post" and one.act not in (*READS, "delete_instance"):
                for row in one.loaded:
                    _check_fresh(one, row, after)

    def _check_pairs(self) -> None:
        writes = [one for one in self.events if one.act not in READS]
        begun = Counter((one.act, one.sender) for one in writes if one.when == "pre")
        ended = Counter((one.act, one.sender) for one in writes if one.when != "pre")
        assert begun == ended, f"begun: {begun}\nended: {ended}"
        reads = [one for one in self.events if one.act in READS]
        assert sum(one.when != "pre" for one in reads) == bool(reads), reads


def _refuse() -> Any:
    def refuse(sender: Any) -> None:
        raise Forbidden

    return refuse


def _key(instance: Any) -> int | None:
    return None if instance is None else sa.inspect(instance).identity[0] if sa.inspect(instance).identity else None


def _loaded(instance: Any) -> Row:
    """Return the values that an instance has loaded, without loading any."""
    held, model = sa.inspect(instance).dict, type(instance).__name__
    columns = {one: one for one in ("id", *plan.scalars(model))}
    columns |= {f"{one.name}_id": one.name for one in plan.references(model)}
    return {"model": model} | {name: held[column] for column, name in columns.items() if column in held}


def _check_fresh(event: Event, row: Row, after: State) -> None:
    stored = after.rows[plan.table(row["model"])].get(row.get("id") or event.key or 0)
    if stored is not None:
        stale = {name: value for name, value in row.items() if stored[name] != value}
        assert not stale, f"post_{event.act} of {event.sender} has {stale} instead of {stored}"
