"""The schema of a model: its fields, and how their values are parsed and merged.

A provider describes each model as one ``Schema``. The values of an instance are a dict from field name to Python value.
In this dict, an embedded document is a dict, a list is a list, and a reference is a primary key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any

from bzz.exceptions import NotFound
from bzz.schema.errors import NO_INSTANCE, UNKNOWN_FIELD, add_error, raise_if_invalid
from bzz.schema.fields import Field, Holder, Values
from bzz.schema.free_form import JSON
from bzz.schema.keeping import keep
from bzz.schema.naming import NamedFields
from bzz.schema.requirements import missing
from bzz.schema.scalars import Scalar
from bzz.schema.types import DataType, Diff, dump_text, identity, parse_value, references_in

Scope = Callable[[Any, Any], Any]  # takes a queryset and the handler, and returns the narrowed queryset


@dataclass(frozen=True)
class Schema(NamedFields):
    """The fields of a model, its primary key and its default order.

    A schema must not change after it is made. ``make_schema`` makes a schema and checks it.

    Args:
        model: the model, which is the sender of its signals.
        fields: a dict from the model's own name of a field to the field, in the order of replies.
        pk: the name of the primary key's field. None for an embedded document. The public name of this field is ``id``,
            unless requests can reach another field with this public name.
        id_field: the name of the field that contains identifiers: the primary key, or the field that the model names.
            None for embedded documents without identifiers.
        sort: the default order: pairs of a field name and whether the order descends. Empty for the order of primary
            keys.
        json: the type that dumps the result of the method ``represented_by``. It also dumps stored values that their
            own type cannot dump.
        scopes: functions that narrow the instances that requests may see. Each takes a queryset and the handler, as
            ``get_list_queryset`` does, and returns the narrowed queryset.
        variants: the schemas of instances whose own class inherits from ``model``, by class. None for a class whose
            instances the request may not see. A class that is missing here has the schema of the nearest class from
            which it inherits. See ``variant_of``.
        public_names: a dict from the model's own name of a field to its public name, for the fields that have another.
        fills_fields: whether the model's own code may give values to required fields of a new instance. The provider
            must then name all fields without a value in one error, after this code has run.
        represented_by: the name of the model's method that makes representations. Empty if ``fields`` make them.
        target_name: the name that the store has for the instances, such as that of a table or collection.
    """

    model: Any
    fields: Mapping[str, Field]
    pk: str | None = None
    id_field: str | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    json: DataType = JSON
    scopes: tuple[Scope, ...] = ()
    variants: Mapping[type, Schema | None] = dataclass_field(default_factory=dict)
    public_names: Mapping[str, str] = dataclass_field(default_factory=dict)
    fills_fields: bool = False
    represented_by: str = ""
    target_name: str = ""

    def variant_of(self, model: type) -> Schema | None:
        """Return the schema of the instances whose own class is ``model``.

        Return None if the request may not see these instances.
        """
        if not self.variants:
            return self
        return next((self.variants[base] for base in model.__mro__ if base in self.variants), self)

    def represent(self, values: Mapping[str, Any], instance: Any = None) -> Any:
        """Return the representation of an instance.

        A stored value of the wrong type must not raise an exception.

        Args:
            values: the values of the instance. A deferred field without a value is left out.
            instance: the instance. The method ``represented_by``, if there is one, makes the representation. None to
                show the values instead.
        """
        if instance is not None and self.represented_by:
            return self.json.dump(getattr(instance, self.represented_by)())
        absent = self.deferred - values.keys() if self.deferred else ()
        try:
            return {
                key: value if (value := values.get(name)) is None or dump is identity else dump(value)
                for key, name, dump in self._dumpers
                if name not in absent
            }
        except Exception:  # noqa: BLE001  # a store may hold values of the wrong type
            return {key: self._show(f.type, values.get(f.name)) for key, f in self.readable if f.name not in absent}

    @cached_property
    def has_methods(self) -> bool:
        """Whether a method of the model, or of a class in ``variants``, makes representations."""
        return any(one.represented_by for one in (self, *self.variants.values()) if one is not None)

    @cached_property
    def _dumpers(self) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
        """The readable fields as triples: public name, own name, dumping function."""
        return tuple(
            (key, f.name, f.type.dumper if type(f.type) is Scalar else f.type.dump) for key, f in self.readable
        )

    def _show(self, datatype: DataType, value: Any) -> Any:
        for dump in (datatype.dump, self.json.dump):
            with suppress(Exception):  # as above
                return None if value is None else dump(value)
        return dump_text(str(value))

    def key_of(self, identifier: str, name: str | None = None) -> Any:
        """Return the value that an identifier in a URL stands for.

        Args:
            identifier: the percent-decoded identifier.
            name: the name of the field that contains the value; None for ``id_field``.

        Raises:
            NotFound: ``identifier`` is not a value of the field, or spells a value in another way: ``07`` for 7.
        """
        try:
            value = self.fields[str(name or self.id_field)].type.parse(identifier)
        except ValueError:
            value = None
        if value is None or self.identifier(value, name) != identifier:
            raise NotFound(NO_INSTANCE)
        return value

    def parse_keys(self, found: Iterable[Any]) -> list[Any]:
        """Return each primary key in ``found`` once, in order, without values of the wrong type."""
        typed = self.fields[str(self.pk)].type
        keys: dict[Any, None] = {}
        for value in found:
            with suppress(ValueError):
                keys[typed.parse(value)] = None
        return [*keys]

    def identifier(self, value: Any, name: str | None = None) -> str | None:
        """Return the identifier for a value of a field.

        The field is ``id_field`` unless ``name`` is given. The identifier of None is None.
        """
        return None if value is None else str(self.fields[str(name or self.id_field)].type.dump(value))

    def id_of(self, values: Mapping[str, Any]) -> str | None:
        """Return the identifier of an instance with ``values``, not percent-encoded, or None."""
        return (self.identifier(values.get(self.id_field)) or None) if self.id_field else None

    def parse_new(self, raw: Mapping[str, Any], *, trusted: bool = False) -> Values:
        """Parse the values of a new instance and return them.

        Args:
            raw: a dict from public field name to value. Plain code gives the model's own names.
            trusted: True if the values come from plain code, which may set any field. False if they come from a
                request.

        Raises:
            Invalid: a field is unknown, is read-only, or cannot take its value. A required field that requests may set
                has no value.
        """
        values, errors = self.parse_fields(raw, hidden=trusted)
        merged = self.merge({}, values)
        find = self.field_named if trusted else self.field_for
        refused = [known.name for key in errors if (known := find(key.partition(".")[0]))]
        for name in missing(self, merged, refused):
            add_error(errors, name, ValueError("is required"))
        raise_if_invalid(errors, () if trusted else self.read_only_values(values, None))
        return merged

    def parse(self, raw: Mapping[str, Any], *, hidden: bool = False, stored: Mapping[str, Any] | None = None) -> Values:
        """Parse values and return a dict from own field name to value.

        The dict also contains the values of read-only fields.

        Args:
            raw: a dict from public field name to value. If ``hidden`` is true, the names are the model's own.
            hidden: whether ``raw`` may contain fields that requests may neither read nor set. Receivers may set them.
            stored: the stored values of the instance. Fields accept these values even if their types do not. None for
                a new instance.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        values, errors = self.parse_fields(raw, hidden=hidden)
        if errors and stored is not None:
            values, errors = self.parse_fields(self.keep(raw, stored, hidden=hidden), hidden=hidden)
        raise_if_invalid(errors, ())
        return values

    def keep(self, raw: Mapping[str, Any], stored: Mapping[str, Any], *, hidden: bool = False) -> dict[str, Any]:
        """Return ``raw`` with ``Kept`` in place of what repeats stored values. See ``keeping``.

        Args:
            raw: as in ``parse``.
            stored: the stored values of the instance.
            hidden: as in ``parse``. If it is false, only the values of readable fields count.
        """
        return {key: self._keep(key, value, stored, hidden=hidden) for key, value in raw.items()}

    def _keep(self, key: str, value: Any, stored: Mapping[str, Any], *, hidden: bool) -> Any:
        known = self.field_named(key) if hidden else self.field_for(key)
        if known is None or not (known.readable or hidden) or known.name not in stored:
            return value
        return keep(known.type, value, stored[known.name], self._show_all)

    def _show_all(self, datatype: DataType, value: Any) -> Any:
        """Return the representation of a stored value as the client gets it, at any depth."""
        shown = self._show(datatype, value)
        return shown if isinstance(shown, float) else self.json.dump(shown)

    def parse_fields(self, raw: Mapping[str, Any], *, hidden: bool) -> tuple[Values, dict[str, list[str]]]:
        """Parse values as ``parse`` does, and return them together with the errors of the other values."""
        typed: Values = {}
        errors: dict[str, list[str]] = {}
        for key, value in raw.items():
            known = self.field_named(key) if hidden else self.field_for(key)
            try:
                if known is None or (known.is_hidden and not hidden):
                    raise ValueError(UNKNOWN_FIELD)
                if hidden and known.is_computed and not known.has_setter:
                    raise ValueError("is computed, so it cannot be set")
                if known.name in typed:
                    raise ValueError("is given more than once")
                if known.holder is not None:
                    raise ValueError(_stored_elsewhere(key, known, known.holder, hidden=hidden))
                typed[known.name] = parse_value(known.type, value)
            except ValueError as error:
                add_error(errors, key, error)
        return typed, errors

    def read_only_values(
        self, values: Mapping[str, Any], stored: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, Any]]:
        """Yield the values that a request may not set, in field order.

        Args:
            values: the values that the request sent, parsed.
            stored: the stored values. The request may repeat a stored value of a read-only field. None for a new
                instance.

        Yields:
            Pairs of a dotted name and the value with this name.
        """
        for name, known in self.fields.items():
            if name not in values:
                continue
            value, before = values[name], (stored or {}).get(name)
            if known.updatable if stored is not None else known.insertable:
                if value is not None:
                    key, inside = self.public_name(name), known.type.read_only_values(value, before)
                    yield from ((f"{key}.{inner}", part) for inner, part in inside)
            elif stored is None or not (known.readable and known.type.same(before, value)):
                yield self.public_name(name), value

    def merge(self, old: Mapping[str, Any], changes: Mapping[str, Any]) -> Values:
        """Return a copy of ``old`` with ``changes`` merged into it (RFC 7396, section 2)."""
        merged = {name: self.fields[name].type.merge(old.get(name), value) for name, value in changes.items()}
        return {**old, **merged}

    def diff(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Diff:
        """Return the diff of two states of an instance.

        An example of a diff is ``{'age': {'from': 3, 'to': 4}}``. The name of a value inside an embedded document is
        dotted. A list has one entry. The same holds for an embedded document that was set or unset as a whole.
        """
        changes: Diff = {}
        for name, value in self.changed(old, new).items():
            changes |= self.fields[name].type.diff(name, old.get(name), value)
        return changes

    def changed(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Values:
        """Return the new values of the fields that differ."""
        changed = {}
        for name, known in self.changeable:
            before, after = old.get(name), new.get(name)
            if before is not after and not known.type.same(before, after):
                changed[name] = after
        return changed

    def references(self, values: Mapping[str, Any]) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in ``values``: dotted name, model, primary key."""
        yield from references_in((name, self.fields[name].type, value) for name, value in values.items())
        for name, value in values.items():
            if value is not None and (model := self.fields[name].referred) is not None:
                yield name, model, value


def _stored_elsewhere(key: str, known: Field, holder: Holder, *, hidden: bool) -> str:
    """Return the text that says how to change a relation that other rows store, under the name that the caller used."""
    way = "associate() and dissociate()" if hidden else f"POST and DELETE at the path of the field, .../{key}"
    return f"is stored in {holder.model.__name__}" + (f"; use {way}" if hidden or known.updatable else "")
