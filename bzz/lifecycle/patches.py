"""What writes make of the values that are stored, and the conditions a request puts on them.

A change is a function from the values as they are stored to the values as they shall be. It has no other effect, so a
provider may apply it again to what it finds after somebody else has written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bzz.lifecycle.preconditions import Precondition
from bzz.schema.errors import refuse
from bzz.schema.fields import Values
from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Patch:
    """The changes that a request asks for in one instance, be it stored on its own or inside another.

    Args:
        schema: whose values they are.
        data: field name to typed value; receivers of ``pre_update_instance`` may change it.
        fixed: what the request gave, where that repeats read-only values, which must be the stored ones.
        precondition: what else must be true of the stored values.
    """

    schema: Schema
    data: Values
    fixed: Values = field(default_factory=dict)
    precondition: Precondition | None = None

    def check(self, stored: Mapping[str, Any]) -> None:
        """Hold the precondition and the read-only values against what is stored, and what identifies it in any case.

        Raises:
            PreconditionFailed: the precondition is not met.
            Invalid: a read-only field was given another value than the stored one.
        """
        if self.precondition is not None:
            self.precondition.check(self.schema, stored)
        refuse(dict(self._moved(stored)), self.schema.protected(self.fixed, stored))

    def _moved(self, stored: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        name = self.schema.pk or self.schema.id_field
        if name and name in self.data and not self.schema.fields[name].type.same(stored.get(name), self.data[name]):
            yield self.schema.public(name), ["is read-only"]

    def apply(self, stored: Values) -> Values:
        """Return the values as they shall be, from those that are stored; raise as ``check`` does."""
        self.check(stored)
        return self.schema.merge(stored, self.data)


def parse_patch(
    schema: Schema, raw: Mapping[str, Any], precondition: Precondition | None = None, *, trusted: bool = False
) -> Patch:
    """Return typed changes; read-only values that a request gave are held against the stored ones later.

    Args:
        schema: whose values they are.
        raw: values by the names that requests use.
        precondition: what else must be true of the stored values.
        trusted: whether they may be of any field, rather than of those that a request may change.

    Raises:
        Invalid: a field is unknown or cannot take its value.
    """
    values = schema.parse(raw, hidden=trusted)
    if trusted:
        return Patch(schema, values, {}, precondition)
    data = {name: value for name, value in values.items() if schema.fields[name].updatable}
    repeats = len(data) < len(values) or next(schema.protected(values, {}), None) is not None
    return Patch(schema, data, deepcopy(values) if repeats else {}, precondition)
