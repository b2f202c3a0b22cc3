"""The changes that a request asks for in one instance, typed and checked against the stored values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bzz.lifecycle.preconditions import Precondition
from bzz.schema.errors import raise_if_invalid
from bzz.schema.fields import Values
from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Patch:
    """The changes that a request asks for in one instance, stored or embedded.

    Args:
        schema: of the instance.
        data: field name to typed value; receivers of ``pre_update_instance`` may change it.
        fixed: the request's values if they repeat read-only ones, which must equal the stored values; else empty.
        precondition: the request's conditions on the stored values.
    """

    schema: Schema
    data: Values
    fixed: Values = field(default_factory=dict)
    precondition: Precondition | None = None

    def check(self, stored: Mapping[str, Any]) -> None:
        """Compare the precondition, the read-only values and the identifier with the stored values.

        Raises:
            PreconditionFailed: the precondition does not hold.
            Invalid: a read-only field, or the identifier, was given another value than the stored one.
        """
        if self.precondition is not None:
            self.precondition.check(self.schema, stored)
        raise_if_invalid(dict(self._moved(stored)), self.schema.read_only_values(self.fixed, stored))

    def _moved(self, stored: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        name = self.schema.pk or self.schema.id_field
        if name and name in self.data and not self.schema.fields[name].type.same(stored.get(name), self.data[name]):
            yield self.schema.public_name(name), ["is read-only"]

    def apply(self, stored: Values) -> Values:
        """Return the new values of an instance with the ``stored`` ones; raise as ``check`` does."""
        self.check(stored)
        return self.schema.merge(stored, self.data)


def parse_patch(
    schema: Schema, raw: Mapping[str, Any], precondition: Precondition | None = None, *, trusted: bool = False
) -> Patch:
    """Return the typed changes of an instance.

    Args:
        schema: of the instance.
        raw: values by public field name.
        precondition: the request's conditions on the stored values.
        trusted: whether any field may be set, as by plain code, rather than those that a request may change.

    Raises:
        Invalid: a field is unknown or cannot take its value.
    """
    values = schema.parse(raw, hidden=trusted)
    if trusted:
        return Patch(schema, values, {}, precondition)
    data = {name: value for name, value in values.items() if schema.fields[name].updatable}
    repeats = len(data) < len(values) or next(schema.read_only_values(values, {}), None) is not None
    return Patch(schema, data, deepcopy(values) if repeats else {}, precondition)
