"""The rows that must change so that members join or leave a relation, if other rows than the parent's store it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from bzz.exceptions import BzzError, Conflict, Invalid
from bzz.lifecycle.act import Act
from bzz.lifecycle.moves import SIGNALS, are_heard
from bzz.lifecycle.patches import Patch
from bzz.lifecycle.revisions import Revision, check_allowed, not_allowed
from bzz.lifecycle.rows import Creation, Deletion
from bzz.lifecycle.targets import Target
from bzz.providers.conditions import Condition
from bzz.providers.values import Address, Query, Stored
from bzz.resources.resource import Resource
from bzz.schema.fields import Holder
from bzz.schema.inheritance import subclasses
from bzz.schema.relations import referred_model
from bzz.schema.schema import Schema
from bzz.signals import post_update_instance, pre_update_instance, request_failed

MAX_ROWS = 1_000  # rows of an association table between one parent and one member
Row = Revision | Creation | Deletion


def check_relation(act: Act, target: Target, whole: Stored) -> None:
    """Check that the caller may change the relation at the act's path, by the class of its parent.

    Raises:
        NotFound: the caller may not read the relation.
        MethodNotAllowed, Unauthorized, Forbidden: the caller may not change it.
    """
    resource, step = target.of_instance(whole), act.path.end
    if not target.steps:
        target.check_readable(whole, step)
    if step.relation is not None and step.relation.field.holder is None:
        check_allowed(act, resource, "update", "PUT", "PATCH")
    known = resource.schema.fields.get(target.steps[0].field if target.steps else step.field)
    if known is not None and not (act.in_process or known.updatable):
        raise not_allowed(act, resource)


async def rows_to_join(
    act: Act,
    target: Target,
    parent: Stored,
    joining: Sequence[Any],
    leaving: Sequence[Any],
    *,
    found: Mapping[Any, Stored],
) -> Sequence[Row]:
    """Return the changes of other rows than the parent's that let members join.

    Args:
        act: the act. Its path ends in the relation.
        target: where the parent is stored.
        parent: the parent.
        joining: the primary keys of the members.
        leaving: the primary keys of the members that they replace.
        found: members that are loaded already, by primary key.

    Returns:
        The changes. The list is empty if the provider writes the relation together with the parent.

    Raises:
        MethodNotAllowed, Unauthorized, Forbidden: the caller may not change a row, by the row's own class.
        Conflict: the caller may not change or see a member that must leave.
    """
    holder = _holder(act)
    if holder is None:
        return _parent_revision(act, target, parent, joining[0])
    key = parent.values[str(act.path.parent.schema.pk)]
    if holder.member_field is not None:
        names, schema = (str(holder.field), holder.member_field), _rows(act, holder).schema
        pairs = ((key, member) for member in joining)
        return [Creation(act, schema, dict(zip(names, pair, strict=True)), pair) for pair in pairs]
    if act.path.end.is_list and _is_silent(act, str(holder.field)):
        return []
    members = await _loaded(act, joining, found)
    replaced = await act.unit_of_work.fetch(act.schema, leaving, needs_instances=True)
    if len(replaced) < len(leaving):
        raise Conflict("Another instance holds this place; it must leave first.")
    try:
        left = [row for member in replaced.values() for row in await rows_to_leave(act, target, parent, member)]
    except BzzError as error:
        raise Conflict("You may not change the instance that holds this place; it must leave first.") from error
    for row in [one for one in left if isinstance(one, Revision)]:
        row.is_replaced = True
    parents = await _parents(act, str(holder.field), parent, members)
    return [*left, *[_revision(act, str(holder.field), member, key, parents) for member in members]]


async def rows_to_leave(act: Act, target: Target, parent: Stored, member: Stored) -> Sequence[Row]:
    """Return the changes of other rows than the parent's that let ``member`` leave.

    Args:
        act: the act. Its path ends in the relation, or in the member.
        target: where the parent is stored.
        parent: the parent.
        member: the instance that leaves.

    Returns:
        The changes. The list is empty if the provider writes the relation together with the parent.

    Raises:
        MethodNotAllowed, Unauthorized, Forbidden: the caller may not change a row, by the row's own class.
        Conflict: see ``_rows_between``.
    """
    holder = _holder(act)
    if holder is None:
        return _parent_revision(act, target, parent, None)
    if holder.member_field is not None:
        return await _rows_between(act, holder, parent, member)
    if holder.is_owner:
        check_allowed(act, act.path.end.resource.of_class(member.own_class), "delete", "DELETE")
        return [Deletion(act, address_of(act.schema, member), member)]
    parents = {parent.values[str(act.path.parent.schema.pk)]: parent}
    return [_revision(act, str(holder.field), member, None, parents)]


async def write_rows(act: Act, rows: Sequence[Row]) -> Sequence[Stored]:
    """Send the ``pre_`` signals of all changes, write them in one transaction, and return the rows as they are now.

    Raises:
        Invalid: a new row needs more than its references.
        Conflict: a value is taken. ``errors`` contains the name of the relation, not of the fields that store it.
        BzzError: raised by ``Provider.write_all``.
        Exception: raised by a receiver.
    """
    for row in rows:
        await row.announce()
    made = [row.schema.model.__name__ for row in rows if isinstance(row, Creation)]
    try:
        return await act.unit_of_work.write_all([row.write() for row in rows])
    except Conflict as error:
        holder, errors = _holder(act), error.errors
        if holder is not None:  # the caller knows the relation, not the fields that store it
            stored = errors if made else errors.keys() & {act.schema.public_name(str(holder.field))}
            texts = [*dict.fromkeys(text for name in stored for text in errors[name])]
            error.errors = {name: errors[name] for name in errors if name not in stored}
            error.errors |= {act.path.end.name: texts} if texts else {}
        raise
    except Invalid as error:
        if not made:
            raise
        detail = f"References alone do not make a valid {made[0]}; create it by itself, with all its fields."
        raise Invalid(detail, errors=error.errors) from error


async def conclude_rows(rows: Sequence[Row], written: Sequence[Stored]) -> None:
    """Send the ``post_`` signals of all changes.

    Args:
        rows: the changes.
        written: the result of ``write_rows``.
    """
    revised = [(row, stored) for row, stored in zip(rows, written, strict=True) if isinstance(row, Revision)]
    now = {(one.own_class, one.values.get(str(row.patch.schema.pk))): one.instance for row, one in revised}
    for row, _ in revised:
        row.moves = [move.renewed(now) for move in row.moves]
    for one, stored in zip(rows, written, strict=True):
        await one.conclude(stored)


async def _loaded(act: Act, keys: Sequence[Any], found: Mapping[Any, Stored]) -> Sequence[Stored]:
    """Return the members with the primary keys ``keys``. Those that are not in ``found`` are loaded."""
    if missing := [key for key in keys if key not in found]:
        found = {**found, **await act.unit_of_work.fetch(act.schema, missing, needs_instances=True)}
    return [found[key] for key in keys if key in found]


def _holder(act: Act) -> Holder | None:
    """Return the rows that store the relation at the end of the act's path, if they have a field for the parent."""
    relation = act.path.end.relation
    holder = relation.field.holder if relation else None
    return holder if holder is not None and holder.field is not None else None


def _is_silent(act: Act, name: str) -> bool:
    """Tell whether no receiver listens to the members of the relation at the act's path, and nothing narrows writes.

    The provider then writes all members at once.

    Args:
        act: the act.
        name: the field of the members that stores the relation. A change of it may also change another reference.
    """
    resource, parent = act.path.end.resource, referred_model(act.schema.fields[name])
    signals = (pre_update_instance, post_update_instance, request_failed, *(one for pair in SIGNALS for one in pair))
    senders = {*resource.senders, *((parent, *subclasses(parent)) if parent else ())}
    is_heard = any(signal.has_receivers_for(sender) for signal in signals if signal.receivers for sender in senders)
    is_narrowed = resource.is_narrowed or any(
        known.closed or (known.name != name and referred_model(known)) for known in act.schema.sharing
    )
    return not (is_heard or is_narrowed or resource.variants)


def _parent_revision(act: Act, target: Target, parent: Stored, key: Any) -> Sequence[Row]:
    """Return the update of a parent that stores a to-one relation itself.

    There is none if neither the members nor other fields of the parent show a part of the relation.
    """
    relation = act.path.end.relation
    if relation is None or relation.many or relation.field.deferred:
        return []
    name, schema = relation.field.name, act.path.parent.schema if target.steps else target.of_instance(parent).schema
    if relation.field.mirror is None and all(known.name != name for known in schema.sharing):
        return []
    patch, expected = Patch(schema, {name: key}, {name: key}), {name: parent.values.get(name)}
    return [Revision(act, target, patch, parent, expected=expected)]


async def _parents(act: Act, name: str, parent: Stored, members: Sequence[Stored]) -> dict[Any, Stored]:
    """Return the instances to which the field ``name`` of ``members`` refers, and ``parent``, by primary key.

    They are loaded only if a receiver may listen to the moves.
    """
    parents, model = {parent.values[str(act.path.parent.schema.pk)]: parent}, referred_model(act.schema.fields[name])
    if model is not None and are_heard(act.schema, [name]):
        former = {member.values.get(name) for member in members}.difference(parents, [None])
        schema = act.path.reach.referred(model, act.unit_of_work.provider)
        parents |= await act.unit_of_work.fetch(schema, [*former], hidden=True, needs_instances=True)
    return parents


def _revision(act: Act, name: str, member: Stored, key: Any, parents: Mapping[Any, Stored]) -> Revision:
    """Return the update of a member whose field ``name`` refers to ``key`` from now on.

    Raises:
        MethodNotAllowed, Unauthorized, Forbidden: the caller may not change the member, by its own class.
    """
    resource = act.path.end.resource.of_class(member.own_class)
    check_allowed(act, resource, "update", "PUT", "PATCH")
    if not (act.in_process or resource.schema.fields[name].updatable):
        raise not_allowed(act, resource)
    target, pk = Target(act.unit_of_work, address_of(resource.schema, member), resource), str(act.schema.pk)
    patch, expected = Patch(resource.schema, {name: key}, {name: key}), {name: member.values.get(name)}
    return Revision(act, target, patch, member, member.values[pk], expected, parents)


def _rows(act: Act, holder: Holder) -> Resource:
    """Return the access to the rows of an association table. The gate has found their hive already."""
    return cast("Resource", act.path.reach.find(holder.model))


async def _rows_between(act: Act, holder: Holder, parent: Stored, member: Stored) -> list[Row]:
    """Return the deletions of the rows of an association table between a parent and a member.

    Rows that the caller may not see stay.

    Raises:
        MethodNotAllowed, Unauthorized, Forbidden: the caller may not delete a row, by the row's own class.
        Conflict: there is no row, as another request has deleted it, or there are more than ``MAX_ROWS`` rows.
    """
    resource = _rows(act, holder)
    schema, name = resource.schema, holder.model.__name__
    where = [
        Condition(str(holder.field), "eq", parent.values[str(act.path.parent.schema.pk)]),
        Condition(str(holder.member_field), "eq", member.values[str(act.schema.pk)]),
    ]
    listing = await act.unit_of_work.list(schema, Query(where=where, per_page=MAX_ROWS), needs_instances=True)
    if listing.more or not listing.items:
        raise Conflict(f"This member is held by no {name}, or by more than {MAX_ROWS}; read the relation again.")
    for row in listing.items:
        check_allowed(act, resource.of_class(row.own_class), "delete", "DELETE")
    return [Deletion(act, address_of(schema, row), row) for row in listing.items]


def address_of(schema: Schema, stored: Stored) -> Address:
    """Return the address of a stored instance, by its primary key."""
    pk = str(schema.pk)
    return Address(schema, str(schema.identifier(stored.values[pk], pk)), pk, stored.values[pk])
