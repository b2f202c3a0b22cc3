"""What a model looks like from outside: its fields, their types, who may read and write them, and how values change.

A provider describes a model once, as a ``Resource``. Values travel as plain dicts of field name to typed Python value:
embedded documents as dicts, lists as lists, references as primary keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bzz.datatypes import DataType, Diff, add_error, parse, references
from bzz.exceptions import Invalid

Values = dict[str, Any]
UNKNOWN = "unknown field"
READ_ONLY = "is read-only"
TWICE = "is given more than once"


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

    @cached_property
    def readable(self) -> tuple[tuple[str, Field], ...]:
        """The fields of a reply, each with the name it has there."""
        return tuple(("id" if f.name == self.pk else f.name, f) for f in self.fields.values() if f.readable)

    def parse_insert(self, raw: Mapping[str, Any]) -> Values:
        """Return the typed values of a new instance from what a request gave.

        Raises:
            Invalid: a field is unknown, may not be given, or cannot take its value.
        """
        return self._parse(raw, lambda f: f.insertable)

    def parse_patch(self, raw: Mapping[str, Any]) -> Patch:
        """Return the typed changes from what a request gave, with the read-only values that must equal the stored ones.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        values = self._parse(raw, lambda f: f.updatable or f.readable)
        data = {name: value for name, value in values.items() if self.fields[name].updatable}
        return Patch(self, data, {name: value for name, value in values.items() if name not in data})

    def retype(self, values: Values) -> None:
        """Type again, in place, values that receivers may have set; they may set any field.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        typed = self._parse(values, lambda _: True)
        values.clear()
        values.update(typed)

    def _parse(self, raw: Mapping[str, Any], allowed: Callable[[Field], bool]) -> Values:
        typed: Values = {}
        errors: dict[str, list[str]] = {}
        for key, value in raw.items():
            known = self.field_for(key)
            if known is None or not (known.readable or allowed(known)):
                errors[key] = [UNKNOWN]
            elif not allowed(known):
                errors[key] = [READ_ONLY]
            elif known.name in typed:
                errors[key] = [TWICE]
            else:
                try:
                    typed[known.name] = parse(known.type, value)
                except ValueError as error:
                    add_error(errors, key, error)
        if errors:
            raise Invalid(errors)
        return typed

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
        return {name: new.get(name) for name, f in self.fields.items() if not f.type.same(old.get(name), new.get(name))}

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
        found = {name: self.field_for(name) for name in names}
        unknown = sorted(name for name, known in found.items() if known is None)
        if unknown:
            raise TypeError(f"{option}: {self.model.__name__} has no field {', '.join(unknown)}")
        return {known.name for known in found.values() if known}


@dataclass(frozen=True, slots=True)
class Patch:
    """The changes a request asks for.

    Args:
        resource: whose values they are.
        data: field name to typed value; receivers of ``pre_update_instance`` may change it.
        fixed: read-only values the request repeats, which must be the stored ones.
    """

    resource: Resource
    data: Values
    fixed: Values = field(default_factory=dict)

    def check(self, stored: Mapping[str, Any]) -> None:
        """Hold the read-only values against those that are stored.

        Raises:
            Invalid: a read-only field was given another value than the stored one.
        """
        differing = self.resource.changed({name: stored.get(name) for name in self.fixed}, self.fixed)
        if differing:
            raise Invalid({"id" if name == self.resource.pk else name: [READ_ONLY] for name in differing})

    def apply(self, stored: Mapping[str, Any]) -> Values:
        """Return the values of the instance as they shall be, from those that are stored.

        Raises:
            Invalid: as ``check``.
        """
        self.check(stored)
        return self.resource.merge(stored, self.data)


@dataclass(frozen=True)
class Embedded(DataType):
    """A document kept inside its parent.

    Args:
        describe: returns its resource; called once, at first use, so that a document may embed itself.
    """

    describe: Callable[[], Resource]
    name: str = "object"

    @cached_property
    def resource(self) -> Resource:
        """What the embedded document looks like."""
        return self.describe()

    def parse(self, raw: Any) -> Values:
        """Return the typed values; raise ValueError if ``raw`` is no object, Invalid if a field does not fit."""
        if not isinstance(raw, Mapping):
            raise ValueError("expected an object")
        return self.resource.parse_insert(raw)

    def dump(self, value: Any) -> Any:
        """Return the readable values as JSON has them."""
        return {
            key: None if value.get(known.name) is None else known.type.dump(value[known.name])
            for key, known in self.resource.readable
        }

    def same(self, one: Any, other: Any) -> bool:
        """Compare field by field; a field that is absent is None."""
        if one is None or other is None:
            return one is other
        return not self.resource.diff(one, other)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge field by field; null unsets the whole."""
        return None if patch is None else self.resource.merge(stored or {}, patch)

    def diff(self, name: str, before: Any, after: Any) -> Diff:
        """Return an entry for each inner field that differs, unless the document was set or unset as a whole."""
        if before is None or after is None:
            return super().diff(name, before, after)
        return {f"{name}.{inner}": change for inner, change in self.resource.diff(before, after).items()}

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the embedded document's fields."""
        return self.resource.references(value)


@dataclass(frozen=True)
class Reference(DataType):
    """A reference to an instance of another model, by its primary key.

    Args:
        target: returns the model referred to; called at first use.
        key: returns the type of that model's primary key; called at first use.
    """

    target: Callable[[], type]
    key: Callable[[], DataType]
    name: str = "reference"
    filterable: bool = True

    def parse(self, raw: Any) -> Any:
        """Return the primary key; raise ValueError if ``raw`` cannot be one."""
        return self.key().parse(raw)

    def dump(self, value: Any) -> str:
        """Return the primary key as text."""
        return str(self.key().dump(value))

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the reference itself."""
        yield "", self.target(), value
