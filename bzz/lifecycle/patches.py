"""The changes that a request asks for in one instance, and the check that the stored values allow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from bzz.lifecycle.moves import as_list
from bzz.lifecycle.preconditions import Precondition
from bzz.schema.errors import raise_if_invalid
from bzz.schema.fields import Values
from bzz.schema.keeping import Kept
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
        raw: the input, until it is compared with the stored values.
        trusted: whether plain code gave ``raw``. Its names are then the model's own.
        errors: the errors of the values in ``raw`` that their fields cannot take: a dict from dotted name to texts.
    """

    schema: Schema
    data: Values
    fixed: Values = field(default_factory=dict)
    precondition: Precondition | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    trusted: bool = False
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def covered(self) -> Values:
        """The deferred fields that the entity tags of the precondition cover, as keys of a dict."""
        return {} if self.precondition is None else dict.fromkeys(self.precondition.covered(self.schema))

    def settle(self, stored: Mapping[str, Any]) -> Patch:
        """Return the patch without the input that repeats stored values as replies show them.

        Nothing changes there, even if a field cannot take such a value, or is read-only.

        Raises:
            Invalid: a field cannot take another value of the input.
        """
        if not self.raw:
            return self
        values, schema = {**self.fixed, **self.data}, self.schema
        refused = {self._name(key) for key in self.errors}
        given = {
            key: value
            for key, value in self.raw.items()
            if (name := self._name(key)) in refused or not schema.fields[name].type.same(stored.get(name), values[name])
        }
        shown = schema.keep(given, stored, hidden=self.trusted)
        kept = {key: value for key, value in shown.items() if value is not given[key]}
        if not (kept or self.errors):
            return self
        settled = {self._name(key) for key in kept}
        errors = {key: texts for key, texts in self.errors.items() if self._name(key) not in settled}
        edited = {key: value for key, value in kept.items() if type(value) is not Kept}
        parts, found = schema.parse_fields(edited, hidden=self.trusted)
        values = {name: value for name, value in values.items() if name not in settled} | parts
        patch = _make_patch(schema, values, self.precondition, trusted=self.trusted)
        if errors or found:
            raise_if_invalid({**errors, **found}, schema.read_only_values(patch.fixed, stored))
        return patch

    def _name(self, key: str) -> str:
        """Return the model's own name of the field that a dotted key begins with. It is empty for an unknown field."""
        first, schema = key.partition(".")[0], self.schema
        known = (schema.field_named(first) if self.trusted else None) or schema.field_for(first)
        return known.name if known else ""

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
            PreconditionFailed, Invalid: raised by ``settle`` or ``check``.
        """
        patch = self.settle(stored)
        patch.check(stored)
        return self.schema.merge(stored, patch.data)


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
        Invalid: a field is unknown. If the caller may not read the instance, all fields must take their values, and a
            read-only field takes no value.
    """
    values, errors = schema.parse_fields(raw, hidden=trusted)
    errors |= {name: ["is required"] for name in nulls(schema, values)}
    patch = _make_patch(schema, values, precondition, trusted=trusted)
    if not (trusted or may_read):
        trespassing = {name: [text] for name, text in trespasses(schema, "update", values, {})}
        raise_if_invalid(errors or trespassing, schema.read_only_values(values, UNKNOWN))
        return patch
    if not all(map(patch._name, errors)):
        raise_if_invalid(errors, ())
    return replace(patch, raw=raw, errors=errors)


def _make_patch(schema: Schema, values: Values, precondition: Precondition | None, *, trusted: bool) -> Patch:
    if trusted:
        return Patch(schema, values, {}, precondition, trusted=True)
    data = {name: value for name, value in values.items() if schema.fields[name].updatable}
    repeats = len(data) < len(values) or next(schema.read_only_values(values, {}), None) is not None
    repeats |= any(known.closed for known in schema.sharing)
    return Patch(schema, data, deepcopy(values) if repeats else {}, precondition)
