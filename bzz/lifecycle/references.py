"""The check of references: a write may refer only to instances that exist and that the request may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from typing import Any

from bzz.exceptions import Invalid
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.resources.reach import Reach
from bzz.schema.errors import MAX_ERRORS
from bzz.schema.fields import Values
from bzz.schema.naming import public_errors
from bzz.schema.parts import implied, trespasses
from bzz.schema.relations import referred_model
from bzz.schema.schema import Schema


def refers(schema: Schema, data: Values) -> bool:
    """Tell whether ``data`` holds a reference, or a part that a reference or a closed field may contain."""
    found = implied(schema, data, {})
    return next(schema.references(data), None) is not None or any(
        known.closed or (known.name in found and referred_model(known)) for known in schema.sharing
    )


async def check_references(
    unit_of_work: UnitOfWork,
    reach: Reach,
    schema: Schema,
    new: Values,
    old: Mapping[str, Any],
    *,
    may_read: bool = True,
) -> None:
    """Check the references that ``new`` contains and ``old`` does not.

    A reference that the request cannot read is checked in any case. Otherwise the request could find it by trying.

    Args:
        unit_of_work: the calls that look for the instances.
        reach: the models that the caller may reach.
        schema: the schema of the instance.
        new: the values that the write sets.
        old: the stored values. Empty for a new instance.
        may_read: whether the caller may read the instance.

    Raises:
        Invalid: a reference refers to no instance that the request may see. ``errors`` contains the dotted public name
            of the reference. If the request cannot read that reference, the name is that of the field that changes it.
    """
    errors: dict[str, list[str]] = {}
    for model, added in (await unit_of_work.compute(_added, schema, new, old, may_read=may_read)).items():
        is_served = reach.serves(model)
        keys = {name: key for name, key in added.items() if is_served or not _is_bare(schema, name)}
        referred = reach.referred(model, unit_of_work.provider)
        found = await unit_of_work.shown_keys(referred, keys.values())
        for name in islice((name for name, key in keys.items() if key not in found), MAX_ERRORS - len(errors)):
            sent = _changed_by(schema, name, new, may_read=may_read)
            key = referred.identifier(keys[name], referred.pk)
            errors[sent or name] = [
                f"there is no such {model.__name__}" if sent else f"there is no {model.__name__} {key}"
            ]
    if errors:
        raise Invalid(errors=public_errors(schema, errors))


def check_parts(schema: Schema, sent: Values, data: Values) -> None:
    """Check that a request sets no part of a field of a new instance that an option of the hive closes.

    A part that a receiver has set by the closed field itself is the receiver's decision.

    Args:
        schema: the schema of the new instance.
        sent: the values that the request sets.
        data: the values of the new instance. Receivers may have changed them.

    Raises:
        Invalid: the request sets such a part.
    """
    kept = {name: value for name, value in sent.items() if schema.fields[name].type.same(value, data.get(name))}
    texts = trespasses(schema, "create", kept, {}, new=data, decided=data)
    if errors := {name: [text] for name, text in texts}:
        raise Invalid(errors=errors)


def _added(schema: Schema, new: Values, old: Mapping[str, Any], *, may_read: bool) -> Mapping[type, dict[str, Any]]:
    """Return the primary keys that ``new`` contains and the readable fields of ``old`` do not.

    For each model, the result contains a dict from dotted name to key.
    """
    added: defaultdict[type, dict[str, Any]] = defaultdict(dict)
    new = {**new, **implied(schema, new, old)}
    before = {name: old.get(name) for name in new if may_read and schema.fields[name].readable}
    kept = {(_field(name), model, key) for name, model, key in schema.references(before)}
    for name, model, key in schema.references(new):
        if (_field(name), model, key) not in kept:
            added[model][name] = key
    return added


def _changed_by(schema: Schema, name: str, new: Values, *, may_read: bool) -> str | None:
    """Return the field in ``new`` that changes the reference ``name``, if the request cannot read that reference.

    Return None if the request can read it, or sets it itself.
    """
    known = schema.fields[name.partition(".")[0]]
    if known.name in new or (may_read and known.readable):
        return None
    return next(one.name for one in schema.sharing if one.name in new and {*one.stored_in} & {*known.stored_in})


def _is_bare(schema: Schema, name: str) -> bool:
    known = schema.fields.get(name)  # None for a reference inside an embedded document
    return known is not None and known.is_bare_key


def _field(name: str) -> str:
    """Return a dotted name without indexes.

    So the name stays the same when an item of a list moves.
    """
    return ".".join(part for part in name.split(".") if not part.isdigit())
