"""The changes that a request asks for in one instance, and the check that the stored values allow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bzz.lifecycle.moves import as_list
from bzz.lifecycle.preconditions import Precondition
from bzz.schema.errors import raise_if_invalid
from bzz.schema.fields import Values
from bzz.schema.parts import trespasses
from bzz.schema.relations import referred_model
from bzz.schema.requirements import nulls
from bzz.schema.schema import Schema


class Unknown(dict[str, Any]):
    """The stored values of an instance that the caller may not read. No value equals one of them."""

    def __bool__(self) -> bool:
        """Return True, because there are stored values."""
        return True

    def get(self, *_: Any) -> Any:
        """Return stored values that are unknown, too."""
        return self

    def __eq__(self, other: object) -> bool:
        """Return False."""
        return False

    __hash__ = None


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Patch:
    """The changes that a request asks for in one instance, stored or embedded.

    Args:
        schema: the schema of the instance.
        data: a dict from field name to parsed value. Receivers of ``pre_update_instance`` may change this dict.
        fixed: the request's values, if some of them are read-only, or may change a part of a read-only field. The
            read-only values must equal the stored values. Empty if the request has no such values.
        precondition: the request's conditions on the stored values.
    """

    schema: Schema
    data: Values
    fixed: Values = field(default_factory=dict)
    precondition: Precondition | None = None

    @property
    def covered(self) -> Values:
        """The deferred fields that the entity tags of the precondition cover, as keys of a dict."""
        return {} if self.precondition is None else dict.fromkeys(self.precondition.covered(self.schema))

    def check(self, stored: Mapping[str, Any]) -> None:
        """Check the precondition, read-only values and identifier against the stored values.

        Raises:
            PreconditionFailed: the precondition does not hold.
            Invalid: the request would change the identifier or a read-only field. Or both sides of a relation would let
                the instance join or leave itself.
        """
        if self.precondition is not None:
            self.precondition.check(self.schema, stored, self.data)
        texts = trespasses(self.schema, "update", self.fixed, stored, new=self.data)
        trespassing = {name: [text] for name, text in texts}
        errors = {**trespassing, **dict(self._moved(stored)), **dict(self._doubled(stored))}
        raise_if_invalid(errors, self.schema.read_only_values(self.fixed, stored))

    def _moved(self, stored: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        key = self.schema.pk or self.schema.id_field
        for name in (key, *self.schema.fields[key].parts) if key else ():
            if name in self.data and not self.schema.fields[name].type.same(stored.get(name), self.data[name]):
                yield self.schema.public_name(name), ["is read-only"]

    def _doubled(self, stored: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """Yield errors for the two sides of a relation that both change whether the instance is a member of itself.

        Both sides show the same row then, which must be written and told once.
        """
        for name in self.data:
            known = self.schema.fields[name]
            other = self.schema.fields.get(known.mirror or name, known)
            is_pair = other.name != name and other.name in self.data and other.mirror == name
            if is_pair and issubclass(self.schema.model, referred_model(known) or ()):
                own = stored.get(str(self.schema.pk))
                sides = [(stored.get(one), self.data[one]) for one in (name, other.name)]
                if any((own in as_list(held)) is not (own in as_list(wanted)) for held, wanted in sides):
                    public = self.schema.public_name(other.name)
                    text = f"says whether this instance contains itself, as {public} does; send one of them"
                    yield self.schema.public_name(name), [text]

    def apply(self, stored: Values) -> Values:
        """Return the new values of an instance that has the ``stored`` values.

        Raises:
            PreconditionFailed, Invalid: raised by ``check``.
        """
        self.check(stored)
        return self.schema.merge(stored, self.data)


def parse_patch(
    schema: Schema,
    raw: Mapping[str, Any],
    precondition: Precondition | None = None,
    *,
    trusted: bool = False,
    may_read: bool = True,
) -> Patch:
    """Parse the changes of an instance and return a patch.

    Args:
        schema: the schema of the instance.
        raw: a dict from public field name to value.
        precondition: the request's conditions on the stored values.
        trusted: True if the values come from plain code, which may set any field. False if they come from a request.
        may_read: whether the caller may read the instance. A caller that may not read it must not learn stored values
            by repeating them.

    Raises:
        Invalid: a field is unknown or cannot take its value. If the caller may not read the instance, a read-only field
            takes no value.
    """
    values = schema.parse(raw, hidden=trusted)
    raise_if_invalid({name: ["is required"] for name in nulls(schema, values)}, ())
    if trusted:
        return Patch(schema, values, {}, precondition)
    data = {name: value for name, value in values.items() if schema.fields[name].updatable}
    if not may_read:
        trespassing = {name: [text] for name, text in trespasses(schema, "update", values, {})}
        raise_if_invalid(trespassing, schema.read_only_values(values, UNKNOWN))
    repeats = len(data) < len(values) or next(schema.read_only_values(values, {}), None) is not None
    repeats |= any(known.closed for known in schema.sharing)
    return Patch(schema, data, deepcopy(values) if repeats else {}, precondition)
