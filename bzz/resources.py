"""What a model looks like from outside: its fields, their types, who may read and write them, and how values change.

A provider describes a model once, as a ``Resource``. Values travel as plain dicts of field name to typed Python value:
embedded documents as dicts, lists as lists, references as primary keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

from bzz.datatypes import MAX_ERRORS, DataType, Diff, Scalar, add_error, addressable, parse, references
from bzz.exceptions import Invalid, NotFound

Values = dict[str, Any]
UNKNOWN = "unknown field"
NO_INSTANCE = "There is no such instance."


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Args:
        name: the model's own name for it.
        type: what it can hold.
        readable: whether a reply shows it and a list may be filtered and sorted by it.
        insertable: whether a request may give it when it creates an instance.
        updatable: whether a request may change it.
    """

    name: str
    type: DataType
    readable: bool = True
    insertable: bool = True
    updatable: bool = True


@dataclass(frozen=True)
class Resource:
    """A model as its routes show it.

    Args:
        model: the class, sender of the signals.
        fields: by the model's own names.
        pk: name of the primary key's field, which travels as ``id``; None for an embedded document.
        id_field: name of the field that identifies an instance in URLs: the primary key, or the model's own choice.
        sort: default order as pairs of field name and whether it descends; empty for the primary key's.
    """

    model: Any
    fields: Mapping[str, Field]
    pk: str | None = None
    id_field: str | None = None
    sort: tuple[tuple[str, bool], ...] = ()

    def field_for(self, key: str) -> Field | None:
        """Return the field that a request means by ``key``: ``id`` is the primary key; None if there is none."""
        return self.fields.get(self.pk if key == "id" and self.pk else key)

    def public(self, name: str) -> str:
        """Return what requests call the field ``name``: ``id`` for the primary key."""
        return "id" if name == self.pk else name

    @cached_property
    def readable(self) -> tuple[tuple[str, Field], ...]:
        """The fields of a reply, each with the name it has there."""
        return tuple((self.public(f.name), f) for f in self.fields.values() if f.readable)

    def key_of(self, identifier: str) -> Any:
        """Return the value of ``id_field`` that ``identifier``, from a URL, stands for.

        Raises:
            NotFound: it stands for none, or is not how that value is written.
        """
        try:
            value = self.fields[str(self.id_field)].type.parse(identifier)
        except ValueError:
            value = None
        if value is None or self.identifier(value) != identifier:
            raise NotFound(NO_INSTANCE)
        return value

    def identifier(self, value: Any) -> str | None:
        """Return how a URL writes a value of ``id_field``; None for None, which nothing can be addressed by."""
        return None if value is None else str(self.fields[str(self.id_field)].type.dump(value))

    def parse_insert(self, raw: Mapping[str, Any]) -> Values:
        """Return the typed values of a new instance from what a request gave.

        Raises:
            Invalid: a field is unknown, may not be given, or cannot take its value.
        """
        values, errors = self._typed(raw, hidden=False)
        _refuse(errors, self.protected(values, None))
        return self.merge({}, values)

    def parse_patch(self, raw: Mapping[str, Any]) -> Patch:
        """Return the typed changes from what a request gave; read-only values are held against the stored ones later.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        values = self.parse(raw)
        data = {name: value for name, value in values.items() if self.fields[name].updatable}
        repeats = len(data) < len(values) or next(self.protected(values, {}), None) is not None
        return Patch(self, data, deepcopy(values) if repeats else {})

    def parse(self, raw: Mapping[str, Any], *, hidden: bool = False) -> Values:
        """Return typed values, be they read-only or not.

        Args:
            raw: values by the names that requests use.
            hidden: whether fields that requests may neither see nor set are known, too, as they are to receivers.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        values, errors = self._typed(raw, hidden=hidden)
        _refuse(errors, ())
        return values

    def _typed(self, raw: Mapping[str, Any], *, hidden: bool) -> tuple[Values, dict[str, list[str]]]:
        typed: Values = {}
        errors: dict[str, list[str]] = {}
        for key, value in raw.items():
            known = self.field_for(key)
            try:
                if known is None or not (hidden or known.readable or known.insertable or known.updatable):
                    raise ValueError(UNKNOWN)
                if known.name in typed:
                    raise ValueError("is given more than once")
                typed[known.name] = parse(known.type, value)
            except ValueError as error:
                add_error(errors, key, error)
        return typed, errors

    def protected(self, values: Mapping[str, Any], stored: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
        """Yield, by dotted name and in the order of the fields, the values that a request may not give.

        Args:
            values: what it gives, typed.
            stored: what is stored, whose read-only values it may repeat; None where there is nothing yet.
        """
        for name, known in self.fields.items():
            if name not in values:
                continue
            value, before = values[name], (stored or {}).get(name)
            if known.updatable if stored is not None else known.insertable:
                if value is not None:
                    yield from ((f"{name}.{inner}", part) for inner, part in known.type.protected(value, before))
            elif stored is None or not known.type.same(before, value):
                yield self.public(name), value

    def merge(self, old: Mapping[str, Any], changes: Mapping[str, Any]) -> Values:
        """Return ``old`` with ``changes`` merged into it (RFC 7396, section 2); neither is changed."""
        merged = {name: self.fields[name].type.merge(old.get(name), value) for name, value in changes.items()}
        return {**old, **merged}

    def diff(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Diff:
        """Return what differs: ``{'age': {'from': 3, 'to': 4}}``, values inside embedded documents by dotted name.

        A list is one entry, and so is an embedded document that was set or unset as a whole.
        """
        changes: Diff = {}
        for name, value in self.changed(old, new).items():
            changes |= self.fields[name].type.diff(name, old.get(name), value)
        return changes

    def changed(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Values:
        """Return the new values of the fields in which ``new`` differs from ``old``."""
        changed = {}
        for name, known in self.fields.items():
            before, after = old.get(name), new.get(name)
            if before is not after and not known.type.same(before, after):
                changed[name] = after
        return changed

    def references(self, values: Mapping[str, Any]) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in ``values``: dotted field name, model referred to, primary key."""
        return references((name, self.fields[name].type, value) for name, value in values.items())

    def restrict(
        self,
        *,
        fields: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        read_only: Iterable[str] = (),
        write_only: Iterable[str] = (),
    ) -> Resource:
        """Return this resource with the access that a hive's options leave.

        Args:
            fields: the only fields a request may see or set, besides the primary key.
            exclude: fields it may neither see nor set.
            read_only: fields it may only see.
            write_only: fields it may only set.

        Raises:
            TypeError: an option names a field that the model does not have.
        """
        shown = None if fields is None else self._names("fields", fields) | {self.pk}
        hidden, fixed = self._names("exclude", exclude), self._names("read_only", read_only)
        secret = self._names("write_only", write_only)

        def access(known: Field) -> Field:
            if known.name in hidden or (shown is not None and known.name not in shown):
                return replace(known, readable=False, insertable=False, updatable=False)
            writable = known.name not in fixed
            return replace(
                known,
                readable=known.readable and known.name not in secret,
                insertable=known.insertable and writable,
                updatable=known.updatable and writable,
            )

        return replace(self, fields={name: access(known) for name, known in self.fields.items()})

    def _names(self, option: str, names: Iterable[str]) -> set[str | None]:
        if isinstance(names, str):
            raise TypeError(f"{option} takes several names, not the text {names!r}")
        found = {name: self.field_for(name) for name in names}
        unknown = sorted(name for name, known in found.items() if known is None)
        if unknown:
            raise TypeError(f"{option}: {self.model.__name__} has no field {', '.join(unknown)}")
        return {known.name for known in found.values() if known}


def _refuse(errors: Mapping[str, list[str]], read_only: Iterable[tuple[str, Any]]) -> None:
    both = {**errors, **{name: ["is read-only"] for name, _ in islice(read_only, MAX_ERRORS)}}
    if both:
        raise Invalid(errors=both)


def describe(
    model: Any,
    fields: Mapping[str, Field],
    *,
    pk: str,
    id_field: str | None = None,
    sort: Iterable[tuple[str, bool]] = (),
) -> Resource:
    """Return the resource of a model that is stored on its own.

    Args:
        model: the class.
        fields: by the model's own names.
        pk: name of the primary key's field; it travels as text.
        id_field: name of the field that identifies an instance in URLs; None for the primary key.
        sort: as ``Resource``.

    Raises:
        TypeError: no URL could hold the primary key, its name in replies is taken, or ``id_field`` names no field.
    """
    id_field = id_field or pk
    if pk != "id" and "id" in fields:
        raise TypeError(f"{model.__name__}: a field id that is not the primary key has no name left in replies")
    if id_field not in fields:
        raise TypeError(f"{model.__name__}.get_id_field_name() names no field: {id_field!r}")
    described = dict(fields)
    for name in {pk, id_field}:
        if isinstance(datatype := fields[name].type, Scalar):
            described[name] = replace(fields[name], type=addressable(datatype, as_text=name == pk))
        elif not datatype.filterable:
            raise TypeError(f"{model.__name__}.{name} has parts, so it cannot identify an instance")
    return Resource(model, described, pk, id_field, tuple(sort))


@dataclass(frozen=True, slots=True)
class Patch:
    """The changes a request asks for.

    Args:
        resource: whose values they are.
        data: field name to typed value; receivers of ``pre_update_instance`` may change it.
        fixed: what the request gave, where that repeats read-only values, which must be the stored ones.
    """

    resource: Resource
    data: Values
    fixed: Values = field(default_factory=dict)

    def check(self, stored: Mapping[str, Any]) -> None:
        """Hold the read-only values against those that are stored, and the primary key in any case.

        Raises:
            Invalid: a read-only field was given another value than the stored one.
        """
        pk = str(self.resource.pk)
        moved = pk in self.data and not self.resource.fields[pk].type.same(stored.get(pk), self.data[pk])
        _refuse({"id": ["is read-only"]} if moved else {}, self.resource.protected(self.fixed, stored))

    def apply(self, stored: Mapping[str, Any]) -> Values:
        """Return the values as they shall be, from those that are stored; raise Invalid as ``check`` does."""
        self.check(stored)
        return self.resource.merge(stored, self.data)
