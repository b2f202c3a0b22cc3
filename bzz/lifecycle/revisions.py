"""Revisions: the updates of stored instances, and the signals about them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from bzz.exceptions import Conflict, Forbidden, Invalid, MethodNotAllowed, NotFound, Unauthorized
from bzz.lifecycle.act import Act
from bzz.lifecycle.fixed_members import check_body
from bzz.lifecycle.moves import Move, are_heard, as_list, find_moves, others
from bzz.lifecycle.patches import Patch
from bzz.lifecycle.references import check_references, refers
from bzz.lifecycle.targets import Target
from bzz.providers.values import Stored, Undefer
from bzz.providers.writes import Update
from bzz.resources.paths import METHODS_OF
from bzz.resources.resource import Resource
from bzz.schema.errors import MAX_ERRORS, NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.parts import implied
from bzz.schema.relations import reference_of, referred_model
from bzz.schema.schema import Schema
from bzz.schema.types import Diff
from bzz.signals import post_update_instance, pre_update_instance


@dataclass(slots=True)
class Revision:
    """The update of one instance, stored or embedded.

    Args:
        act: the act.
        target: where the instance is stored.
        patch: the changes. Receivers of ``pre_update_instance`` may change their data.
        loaded: the stored instance, if it is loaded. Its values contain all deferred fields of the patch.
        key: tells the revisions of one act apart.
        expected: values that the instance must still have when it is written.
        related: instances that are loaded already, by primary key: those that the instance refers to or will refer to.
        moves: the members that join or leave relations of the instance. ``announce`` adds to them.
        is_replaced: whether the instance leaves a relation because another one takes its place.
    """

    act: Act
    target: Target
    patch: Patch
    loaded: Stored | None = None
    key: Hashable = None
    expected: Values = field(default_factory=dict)
    related: Mapping[Any, Stored] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    is_replaced: bool = False
    _held: Values = field(default_factory=dict)  # the values from which moves were checked and announced

    def is_watched(self) -> bool:
        """Tell whether the instance must be loaded before the write: for a receiver, or to check values."""
        schema, data = self.patch.schema, self.patch.data
        if self.patch.errors:
            return True
        is_heard = self.act.is_watched(pre_update_instance) or are_heard(schema, {**data, **implied(schema, data, {})})
        return is_heard or refers(schema, data) or any(self._narrowed(name) for name in data)

    def _narrowed(self, name: str) -> Schema | None:
        """Return the schema of the members of a deferred relation, if the caller may not see all members."""
        known = self.patch.schema.fields[name]
        kind = reference_of(known) if known.deferred and not self.act.in_process else None
        resource = self.act.path.reach.find(kind.model) if kind else None
        return resource.schema if resource is not None and resource.is_narrowed else None

    async def _keep_hidden(self, found: Stored) -> None:
        """Add the members that the caller may not see to the lists that the request sent.

        Raises:
            Invalid: the request named a member that the caller may not see.
        """
        for name, value in self.patch.data.items():
            schema, held = self._narrowed(name), as_list(found.values.get(name))
            if schema is not None and isinstance(value, list):
                seen = await self.act.unit_of_work.shown_keys(schema, [*held, *value])
                if missing := [str(key) for key in value if key not in seen][:MAX_ERRORS]:
                    texts = [f"there is no {schema.model.__name__} {', '.join(missing)}"]
                    raise Invalid(errors={self.patch.schema.public_name(name): texts})
                self.patch.data[name] = [*value, *others(held, seen)]

    async def announce(self) -> None:
        """Check the changes of a loaded instance, and send the ``pre_`` signals of the update and of its moves.

        Raises:
            Conflict: raised by ``Act.check_whole``.
            PreconditionFailed, Invalid: raised by ``Patch.check`` or ``check_references``.
            Exception: raised by a receiver.
        """
        act, work = self.act, self.act.unit_of_work
        found = self.target.part(cast("Stored", self.loaded))
        sender = found.own_class
        act.check_whole(pre_update_instance, found)
        patch = self.patch = replace(await work.compute(self.patch.settle, found.values), raw={})
        given = dict(patch.data) if self.expected else {}
        await work.compute(patch.check, found.values)
        await self._keep_hidden(found)
        self._held = await check_body(act, patch.schema, patch.data, found.values)
        if act.is_watched(pre_update_instance, sender):
            await act.announce(
                pre_update_instance,
                sender=sender,
                key=self.key,
                data=patch.data,
                instance=found.instance,
                updated_fields=lambda: work.compute(_expected, patch, found.values),
            )
            await act.retype(patch.schema, patch.data, found.values)
        held = {**found.values, **given}
        await check_references(work, act.path.reach, patch.schema, patch.data, held, may_read=act.may_read)
        shared = implied(patch.schema, patch.data, found.values)
        if are_heard(patch.schema, {**patch.data, **shared}):
            undefer = deferred(patch.schema, patch.data)
            if undefer.keys() - found.values.keys():  # a receiver has set another relation
                found = await self.target.get(undefer)
            moves = await find_moves(act, patch.schema, found, patch.data, self.related)
            moves += await find_moves(act, patch.schema, found, shared)
            self.moves += moves
            self._held |= {name: found.values.get(name) for name in (*patch.data, *shared)} if moves else {}
        for move in self.moves:
            await move.announce(act)

    def apply(self, stored: Values) -> Values:
        """Return the new values of the instance that has the ``stored`` values.

        Raises:
            NotFound: another request took the member out of the relation.
            Conflict: another request changed a relation, so that the announced moves are not those of this write.
            PreconditionFailed, Invalid: raised by ``Patch.apply``.
        """
        schema = self.patch.schema
        is_other = any(not schema.fields[name].type.same(stored.get(name), v) for name, v in self.expected.items())
        if is_other and not self.is_replaced and all(self.patch.data.get(name, ...) is None for name in self.expected):
            raise NotFound(NO_INSTANCE)  # the member left in another way
        if is_other or not all(self._is_announced(name, held, stored) for name, held in self._held.items()):
            raise Conflict("Another request changed this relation; read it again.")
        return self.patch.apply(stored)

    def _is_announced(self, name: str, held: Any, stored: Values) -> bool:
        """Tell whether all moves of the write in one relation were announced."""
        if referred_model(self.patch.schema.fields[name]) is None:
            return True
        data = self.patch.data if name in self.patch.data else implied(self.patch.schema, self.patch.data, stored)
        wanted, now, before = (as_list(value) for value in (data.get(name), stored.get(name), held))
        is_leaving_told = {*others(now, wanted)} <= {*others(before, wanted)}
        return is_leaving_told and {*others(wanted, now)} <= {*others(wanted, before)}

    def write(self) -> Update:
        """Return the write of a stored instance, for ``UnitOfWork.write_all``."""
        return Update(self.target.address, self.apply, self.loaded)

    async def conclude(self, whole: Stored) -> None:
        """Send the ``post_`` signals of the update and of its moves.

        Args:
            whole: the stored instance after the write.
        """
        act, work = self.act, self.act.unit_of_work
        stored = self.target.part(whole)
        sender = stored.own_class
        if act.is_watched(post_update_instance, sender):
            previous = self.target.previous(whole)
            await act.conclude(
                post_update_instance,
                sender=sender,
                key=self.key,
                instance=stored.instance,
                updated_fields=lambda: work.compute_uncancelled(self.patch.schema.diff, previous, stored.values),
            )
        for move in self.moves:
            await move.conclude(act, stored.instance)


def check_allowed(act: Act, resource: Resource, verb: str, *methods: str) -> None:
    """Check that a request may write an instance, by the instance's own class.

    Args:
        act: the act.
        resource: the access to the instance.
        verb: ``update`` or ``delete``.
        methods: HTTP methods. The resource must allow one of them.

    Raises:
        MethodNotAllowed: the resource allows none of the methods.
        Unauthorized, Forbidden: the caller may not use the verb on instances of this class.
    """
    if act.in_process:
        return
    if resource.methods.isdisjoint(methods):
        raise not_allowed(act, resource)
    if verb in resource.refused:
        if getattr(act.unit_of_work.state.handler, "current_user", None):
            raise Forbidden(f"You may not {verb} this {resource.schema.model.__name__}.")
        raise Unauthorized


def not_allowed(act: Act, resource: Resource) -> MethodNotAllowed:
    """Return the error of a request that an instance refuses, by the instance's own class.

    Its methods are those that the path takes all the same: to read, and what the class allows at its own path.

    Args:
        act: the act.
        resource: the access to the instance.
    """
    end = act.path.end
    acts = [name for name in end.acts if not end.is_reference or name in ("list", "get")]
    methods = (end.resource if end.is_reference else resource).methods
    taken = {method for name in acts for method in METHODS_OF[name] if method in methods}
    return MethodNotAllowed([*sorted(taken), "OPTIONS"])


def deferred(schema: Schema, data: Values) -> Undefer:
    """Return the deferred fields in ``data``. They must be loaded before they are changed."""
    return dict.fromkeys(schema.deferred & data.keys()) if schema.deferred else {}


def _expected(patch: Patch, stored: Values) -> Diff:
    """Return the diff that the current values of ``patch`` make."""
    typed = patch.schema.parse(patch.data, hidden=True, stored=stored)
    return patch.schema.diff(stored, patch.schema.merge(stored, {**implied(patch.schema, typed, stored), **typed}))
