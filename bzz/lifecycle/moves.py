"""Moves: the members that join or leave a relation in one write, and the signals about them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from bzz.lifecycle.act import Act
from bzz.providers.values import Stored
from bzz.schema.containers import List
from bzz.schema.fields import Field, Values
from bzz.schema.relations import reference_of, referred_model
from bzz.schema.schema import Schema
from bzz.signals import post_associate, post_dissociate, pre_associate, pre_dissociate, request_failed

SIGNALS = ((pre_dissociate, post_dissociate), (pre_associate, post_associate))


@dataclass(frozen=True, slots=True)
class Move:
    """One member that joins or leaves a relation.

    Args:
        sender: the parent's class.
        field: the model's own name of the relation.
        parent: the instance that holds the relation.
        member: the instance that joins or leaves.
        key: the primary keys of the parent and of the member.
        other: the primary key of the instance whose row is not written.
        is_joining: whether the member joins. If not, it leaves.
        writes_member: whether the write changes the member's row. If not, it changes the parent's row.
    """

    sender: type
    field: str
    parent: Any
    member: Any
    key: tuple[Any, Any]
    other: Any
    is_joining: bool
    writes_member: bool

    async def announce(self, act: Act) -> None:
        """Send the ``pre_`` signal.

        Raises:
            Exception: raised by a receiver.
        """
        signal = SIGNALS[self.is_joining][0]
        if act.is_watched(signal, self.sender):
            keywords = {"field": self.field, "parent": self.parent, "instance": self.member}
            await act.announce(signal, sender=self.sender, key=self._key, **keywords)

    async def conclude(self, act: Act, written: Any) -> None:
        """Send the ``post_`` signal.

        Args:
            act: the act.
            written: the instance whose row was written, as it is now.
        """
        signal = SIGNALS[self.is_joining][1]
        if act.is_watched(signal, self.sender):
            parent, member = (self.parent, written) if self.writes_member else (written, self.member)
            keywords = {"field": self.field, "parent": parent, "instance": member}
            await act.conclude(signal, sender=self.sender, key=self._key, **keywords)

    def renewed(self, now: Mapping[tuple[type, Any], Any]) -> Move:
        """Return the move with instances that the same act has written, as they are now.

        Args:
            now: a dict from class and primary key to instance.
        """
        parent, member = self.key
        parent = now.get((type(self.parent), parent), self.parent)
        return replace(self, parent=parent, member=now.get((type(self.member), member), self.member))

    @property
    def _key(self) -> Hashable:
        return self.sender, self.field, self.key


def are_heard(schema: Schema, names: Iterable[str]) -> bool:
    """Tell whether a receiver may listen to the moves of a write that sets the fields ``names``."""
    is_heard = any(signal.receivers for pair in SIGNALS for signal in pair) or request_failed.receivers
    return bool(is_heard) and any(referred_model(schema.fields[name]) for name in names)


async def find_moves(
    act: Act, schema: Schema, before: Stored, after: Values, loaded: Mapping[Any, Stored] = MappingProxyType({})
) -> list[Move]:
    """Return the moves of an update, for each relation those of leaving members first.

    The members are loaded only if a receiver listens.

    Args:
        act: the act.
        schema: the schema of the instance that is updated.
        before: the instance, with the present values of all fields in ``after``.
        after: the new values.
        loaded: instances that are loaded already, by primary key.
    """
    moves: list[Move] = []
    for name, value in after.items():
        model, held, wanted = referred_model(schema.fields[name]), as_list(before.values.get(name)), as_list(value)
        if model is None:
            continue
        theirs = act.path.reach.referred(model, act.unit_of_work.provider)
        moving = dict.fromkeys(others(held, wanted), False) | dict.fromkeys(others(wanted, held), True)
        sides = [side for side in _sides(schema, schema.fields[name], before, theirs) if side.is_heard(act)]
        if sides and moving:
            missing = [key for key in moving if key not in loaded]
            found = {**loaded, **await act.unit_of_work.fetch(theirs, missing, hidden=True, needs_instances=True)}
            moves += [
                side.move(before, key, found[key], is_joining=is_joining)
                for key, is_joining in moving.items()
                if key in found
                for side in sides
            ]
    return moves


@dataclass(frozen=True, slots=True)
class _Side:
    """One class whose relation shows the moves of an update."""

    sender: type
    field: str
    pk: str
    is_own: bool  # whether the updated instance is the parent

    def is_heard(self, act: Act) -> bool:
        return any(act.is_watched(signal, self.sender) for pair in SIGNALS for signal in pair)

    def move(self, before: Stored, key: Any, other: Stored, *, is_joining: bool) -> Move:
        own, instance = before.values.get(self.pk), before.instance
        if self.is_own:
            return Move(self.sender, self.field, instance, other.instance, (own, key), key, is_joining, False)
        return Move(other.own_class, self.field, other.instance, instance, (key, own), key, is_joining, True)


def _sides(schema: Schema, known: Field, before: Stored, theirs: Schema) -> Iterator[_Side]:
    pk = str(schema.pk)
    if isinstance(known.type, List) or (known.mirror is None and reference_of(known) and not known.is_internal):
        yield _Side(before.own_class, known.name, pk, is_own=True)
    if known.mirror is not None:
        yield _Side(theirs.model, known.mirror, pk, is_own=False)


def as_list(held: Any) -> list[Any]:
    """Return the primary keys that a relation holds. A to-one relation holds at most one key."""
    return held if isinstance(held, list) else [] if held is None else [held]


def others(keys: Iterable[Any], held: Iterable[Any]) -> list[Any]:
    """Return the keys that ``held`` does not contain, each once."""
    known = {key for key in held if isinstance(key, Hashable)}
    return [*dict.fromkeys(key for key in keys if isinstance(key, Hashable) and key not in known)]
