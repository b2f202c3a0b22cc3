"""What a model looks like from outside: its fields, their types, who may read and write them, and how values change.

A provider describes a model once, as a ``Schema``. Values travel as plain dicts of field name to typed Python value:
embedded documents as dicts, lists as lists, references as primary keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bzz.exceptions import NotFound
from bzz.schema.errors import NO_INSTANCE, UNKNOWN_FIELD, add_error, raise_if_invalid
from bzz.schema.fields import Field, Values
from bzz.schema.free_form import JSON
from bzz.schema.scalars import Scalar, addressable
from bzz.schema.types import DataType, Diff, identity, parse_value, references_in


@dataclass(frozen=True)
class Schema:
    """A model as its routes show it.

    Args:
        model: the class, sender of the signals.
        fields: by the model's own names.
        pk: name of the primary key's field, which travels as ``id``; None for an embedded document.
        id_field: name of the field that identifies an instance in URLs: the primary key, or the model's own choice;
            None for embedded documents that nothing tells apart.
        sort: default order as pairs of field name and whether it descends; empty for the primary key's.
        json: how a value is shown that its field's type would not take, and what the model's own ``to_dict()`` returns.
    """

    model: Any
    fields: Mapping[str, Field]
    pk: str | None = None
    id_field: str | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    json: DataType = JSON

    def field_for(self, key: str) -> Field | None:
        """Return the field that a request means by ``key``: ``id`` is the primary key; None if there is none."""
        return self.fields.get(self.pk if key == "id" and self.pk else key)

    def public_name(self, name: str) -> str:
        """Return what requests call the field ``name``: ``id`` for the primary key."""
        return "id" if name == self.pk else name

    @cached_property
    def readable(self) -> tuple[tuple[str, Field], ...]:
        """The fields of a reply, each with the name it has there."""
        return tuple((self.public_name(f.name), f) for f in self.fields.values() if f.readable)

    @cached_property
    def deferred(self) -> frozenset[str]:
        """The names of the deferred fields."""
        return frozenset(f.name for f in self.fields.values() if f.deferred)

    @cached_property
    def has_to_dict(self) -> bool:
        """Whether the model has a ``to_dict()`` of its own."""
        return hasattr(self.model, "to_dict")

    def represent(self, values: Mapping[str, Any], instance: Any = None) -> Any:
        """Return an instance as JSON has it.

        Args:
            values: its values.
            instance: the instance, whose own ``to_dict()`` decides if it has one; None to show the values all the same.
        """
        if instance is not None and self.has_to_dict:
            return self.json.dump(instance.to_dict())
        absent = self.deferred - values.keys() if self.deferred else ()
        try:
            return {
                key: value if (value := values.get(name)) is None or dump is identity else dump(value)
                for key, name, dump in self._dumpers
                if name not in absent
            }
        except Exception:  # noqa: BLE001  # a store may hold anything, and it has to be shown all the same
            return {key: self._show(f.type, values.get(f.name)) for key, f in self.readable if f.name not in absent}

    @cached_property
    def _dumpers(self) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
        """Of each field of a reply the name it has there, its own, and what turns its values into JSON."""
        return tuple(
            (key, f.name, f.type.dumper if type(f.type) is Scalar else f.type.dump) for key, f in self.readable
        )

    def _show(self, datatype: DataType, value: Any) -> Any:
        try:
            return None if value is None else datatype.dump(value)
        except Exception:  # noqa: BLE001  # as above
            return self.json.dump(value)

    def key_of(self, identifier: str, name: str | None = None) -> Any:
        """Return the value of a field that ``identifier``, from a URL, stands for.

        Args:
            identifier: percent-decoded.
            name: of the field; None for ``id_field``.

        Raises:
            NotFound: it stands for none, or is not how that value is written.
        """
        try:
            value = self.fields[str(name or self.id_field)].type.parse(identifier)
        except ValueError:
            value = None
        if value is None or self.identifier(value, name) != identifier:
            raise NotFound(NO_INSTANCE)
        return value

    def parse_keys(self, found: Iterable[Any]) -> list[Any]:
        """Return the primary keys in what was found where they should be, each once; what cannot be one is left out."""
        typed = self.fields[str(self.pk)].type
        keys: dict[Any, None] = {}
        for value in found:
            with suppress(ValueError):
                keys[typed.parse(value)] = None
        return [*keys]

    def identifier(self, value: Any, name: str | None = None) -> str | None:
        """Return how a URL writes a value of the field ``name``, by default ``id_field``; None for None."""
        return None if value is None else str(self.fields[str(name or self.id_field)].type.dump(value))

    def id_of(self, values: Mapping[str, Any]) -> str | None:
        """Return what identifies an instance with ``values`` in URLs, not encoded; None where nothing does."""
        return (self.identifier(values.get(self.id_field)) or None) if self.id_field else None

    def parse_new(self, raw: Mapping[str, Any], *, trusted: bool = False) -> Values:
        """Return the typed values of a new instance.

        Args:
            raw: values by the names that requests use.
            trusted: whether they may be of any field, rather than of those that a request may give.

        Raises:
            Invalid: a field is unknown, may not be given, or cannot take its value.
        """
        values, errors = self._typed(raw, hidden=trusted)
        raise_if_invalid(errors, () if trusted else self.read_only_values(values, None))
        return self.merge({}, values)

    def parse(self, raw: Mapping[str, Any], *, hidden: bool = False) -> Values:
        """Return typed values, be they read-only or not.

        Args:
            raw: values by the names that requests use.
            hidden: whether fields that requests may neither see nor set are known, too, as they are to receivers.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        values, errors = self._typed(raw, hidden=hidden)
        raise_if_invalid(errors, ())
        return values

    def _typed(self, raw: Mapping[str, Any], *, hidden: bool) -> tuple[Values, dict[str, list[str]]]:
        typed: Values = {}
        errors: dict[str, list[str]] = {}
        for key, value in raw.items():
            known = self.field_for(key)
            try:
                if known is None or not (hidden or known.readable or known.insertable or known.updatable):
                    raise ValueError(UNKNOWN_FIELD)
                if known.name in typed:
                    raise ValueError("is given more than once")
                typed[known.name] = parse_value(known.type, value)
            except ValueError as error:
                add_error(errors, key, error)
        return typed, errors

    def read_only_values(
        self, values: Mapping[str, Any], stored: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, Any]]:
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
                    yield from ((f"{name}.{inner}", part) for inner, part in known.type.read_only_values(value, before))
            elif stored is None or not known.type.same(before, value):
                yield self.public_name(name), value

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

    def visible_errors(self, errors: Mapping[str, list[str]], given: Collection[str] | None) -> dict[str, list[str]]:
        """Return of errors by dotted name those that a request may read, or has ``given``, by the names it knows."""
        visible_errors = {}
        for dotted, messages in errors.items():
            name, dot, inner = dotted.partition(".")
            known = self.fields.get(name)
            if known is None or known.readable or name in (given or ()):
                visible_errors[f"{self.public_name(name)}{dot}{inner}"] = messages
        return visible_errors

    def references(self, values: Mapping[str, Any]) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in ``values``: dotted field name, model referred to, primary key."""
        return references_in((name, self.fields[name].type, value) for name, value in values.items())


def make_schema(
    model: Any,
    fields: Mapping[str, Field],
    *,
    pk: str | None = None,
    id_field: str | None = None,
    sort: Iterable[tuple[str, bool]] = (),
    json: DataType = JSON,
) -> Schema:
    """Return the resource of a model.

    Args:
        model: the class.
        fields: by the model's own names.
        pk: name of the primary key's field, which travels as text; None for an embedded document.
        id_field: name of the field that identifies an instance in URLs, unless the model's own ``get_id_field_name()``
            says another; None for the primary key.
        sort: default order, as ``Schema`` has it.
        json: how any value is shown, as ``Schema`` has it.

    Raises:
        TypeError: no URL could hold what identifies an instance, the primary key's name in replies is taken, or
            ``id_field`` names no field.
    """
    own = model.get_id_field_name() if hasattr(model, "get_id_field_name") else id_field
    id_field = getattr(own, "name", own) or pk
    if pk and pk != "id" and "id" in fields:
        raise TypeError(f"{model.__name__}: a field id that is not the primary key has no name left in replies")
    if id_field and id_field not in fields:
        raise TypeError(f"{model.__name__}.get_id_field_name() names no field: {id_field!r}")
    described = dict(fields)
    for name in {name for name in (pk, id_field) if name}:
        if isinstance(datatype := fields[name].type, Scalar):
            described[name] = replace(fields[name], type=addressable(datatype, as_text=name == pk))
        elif "eq" not in datatype.operators:
            raise TypeError(f"{model.__name__}.{name} has parts, so it cannot identify an instance")
    return Schema(model, described, pk, id_field, tuple(sort), json)
