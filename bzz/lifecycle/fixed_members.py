"""Members whose own class lets no request move them, although their base class does.

In a many-to-many relation whose table no class maps, ``read_only`` on one side closes both sides. If a hive of a
subclass sets it, its instances may neither join nor leave from the other side. Instances of other classes may.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from bzz.exceptions import Invalid, MethodNotAllowed
from bzz.lifecycle.act import Act
from bzz.lifecycle.moves import as_list, others
from bzz.resources.resource import Resource
from bzz.schema.errors import MAX_ERRORS
from bzz.schema.fields import Field, Values
from bzz.schema.relations import reference_of
from bzz.schema.schema import Schema


async def check_path(act: Act, keys: Sequence[Any]) -> None:
    """Check that a request may move members of the relation at the end of the act's path.

    Args:
        act: the act.
        keys: the primary keys of the members that join or leave.

    Raises:
        MethodNotAllowed: the class of a member forbids it.
    """
    relation = act.path.end.relation
    if relation is not None and await _fixed(act, relation.field, keys):
        raise MethodNotAllowed(["GET", "HEAD", "OPTIONS"])


async def check_body(act: Act, schema: Schema, data: Values, stored: Values) -> Values:
    """Check that a request may move the members that its body moves.

    Args:
        act: the act.
        schema: the schema of the instance that the request writes.
        data: the new values.
        stored: the stored values of these fields. Empty for a new instance.

    Returns:
        The stored values of the relations that were checked. They must still be stored when the instance is written.

    Raises:
        Invalid: the class of a member forbids it.
    """
    checked: Values = {}
    for name, value in data.items():
        known = schema.fields[name]
        if _fixing(act, known) is None:
            continue
        held, wanted = as_list(stored.get(name)), as_list(value)
        if fixed := await _fixed(act, known, [*others(held, wanted), *others(wanted, held)]):
            keys = ", ".join(islice(fixed, MAX_ERRORS))
            raise Invalid(errors={schema.public_name(name): [f"these members may neither join nor leave: {keys}"]})
        checked[name] = stored.get(name)
    return checked


def _fixing(act: Act, known: Field) -> Resource | None:
    """Return the access to the members of a relation, if a subclass of their class may fix the relation."""
    kind = reference_of(known)
    if act.in_process or kind is None or known.mirror is None or known.holder is not None or not known.deferred:
        return None
    resource = act.path.reach.find(kind.model)
    variants = resource.variants.values() if resource else ()
    is_fixed = any(variant.schema.fields[known.mirror].is_fixed for variant in variants if variant)
    return resource if is_fixed else None


async def _fixed(act: Act, known: Field, keys: Sequence[Any]) -> list[str]:
    """Return the identifiers of those members whose own class fixes a relation."""
    resource = _fixing(act, known)
    if resource is None:
        return []
    found = await act.unit_of_work.fetch(resource.schema, keys, hidden=True, needs_instances=False)
    fields = {key: resource.of_class(member.own_class).schema.fields for key, member in found.items()}
    pk = str(resource.schema.pk)
    return [str(resource.schema.identifier(key, pk)) for key in fields if fields[key][str(known.mirror)].is_fixed]
