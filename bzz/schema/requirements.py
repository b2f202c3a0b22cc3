"""The required fields of a new instance."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bzz.schema.fields import Field
from bzz.schema.naming import NamedFields
from bzz.schema.types import missing_in


def missing(schema: NamedFields, values: Mapping[str, Any], refused: Collection[str] = ()) -> Iterator[str]:
    """Yield the dotted public names of the required fields of a new instance that have no value.

    Only the fields that a request may set count.

    Args:
        schema: the fields of the instance.
        values: a dict from the model's own name of a field to its typed value.
        refused: the names of the fields that the request sets to a value that they cannot take.
    """
    fields = schema.fields
    given = {name for name, value in values.items() if value is not None or fields[name].nullable}.union(refused)
    parts = {part for name in given for part in fields[name].stored_in}
    is_filling = any(_may_fill(fields[name]) for name, value in values.items() if value is not None)
    needed = [known for known in schema.required if known.has_setter or not is_filling]
    lacking = [known for known in needed if not parts.issuperset(known.stored_in)]
    for index, known in enumerate(lacking):
        if not any({*known.stored_in} <= {*other.stored_in} for other in lacking[index + 1 :]):
            yield schema.public_name(known.name)
    if not schema.fills_fields:
        yield from missing_in((schema.public_name(n), fields[n].type, value) for n, value in values.items())


def _may_fill(known: Field) -> bool:
    """Return whether the setter of a field may give required fields their values, and not only its own column."""
    return known.has_setter and not known.required


def nulls(schema: NamedFields, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the public names of the required fields that ``values`` sets to null, but that cannot be null."""

    def is_refused(known: Field) -> bool:
        return known.name in values and values[known.name] is None and not known.nullable

    yield from (schema.public_name(known.name) for known in schema.required if is_refused(known))
