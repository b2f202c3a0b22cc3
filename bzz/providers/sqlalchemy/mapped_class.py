"""Mapped classes and their schemas.

They convert instances to values, and values to instances.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from inspect import Parameter
from operator import attrgetter
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.codec import Convert
from bzz.providers.sqlalchemy.mapped_columns import MappedColumns
from bzz.providers.sqlalchemy.refusals import refused_arguments, refused_value
from bzz.providers.sqlalchemy.relationships import clearable
from bzz.providers.sqlalchemy.requirements import (
    check_identity,
    check_key,
    constructor_parameters,
    defaulted_attributes,
    required_parameters,
    unfilled_attributes,
)
from bzz.providers.sqlalchemy.validation import validate
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.free_form import Json
from bzz.schema.parts import implied

NOTHING: Mapping[str, Any] = {}
S = TypeVar("S")


@dataclass(frozen=True)
class MappedClass(MappedColumns):
    """A mapped class, with its codecs and relationships.

    Attributes:
        pages: the statements of pages, by the shape of the query. The module ``pages`` builds and keeps them.
    """

    pages: dict[Any, tuple[Any, Any]] = dataclass_field(default_factory=dict, init=False)
    _statements: dict[Hashable, Any] = dataclass_field(default_factory=dict, init=False)

    @cached_property
    def decoders(self) -> list[tuple[str, str, Convert | None]]:
        """The name, attribute and decoder of each field that is not deferred."""
        codecs = {**self.codecs, **self.key_codecs}
        names = {name: self.attributes(name) for name in codecs}
        return [(name, keys[0], codecs[name].decode) for name, keys in names.items() if len(keys) == 1]

    @cached_property
    def composed(self) -> list[tuple[str, Callable[[Any], tuple[Any, ...]], Convert | None]]:
        """The name, getter and decoder of each key of several columns."""
        names = {name: self.attributes(name) for name in self.key_codecs}
        return [
            (name, attrgetter(*keys), self.key_codecs[name].decode) for name, keys in names.items() if len(keys) > 1
        ]

    @cached_property
    def _accepted(self) -> frozenset[str] | None:
        """The attributes that the constructor takes.

        None if the constructor takes all attributes.
        """
        parameters = constructor_parameters(self.mapper)
        takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in parameters)
        return None if takes_any else frozenset(p.name for p in parameters)

    @cached_property
    def _required(self) -> frozenset[str]:
        """The attributes that the constructor requires."""
        return required_parameters(self.mapper)

    def missing(self, instance: Any) -> list[str]:
        """Return the names of the fields that have no value, without which a new instance cannot be stored."""
        empty = sorted(key for key in unfilled_attributes(self.mapper) if getattr(instance, key) is None)
        return [self.field_names.get(key, key) for key in empty]

    @cached_property
    def select_all(self) -> sa.Select[Any]:
        """The statement that finds all instances.

        It also loads SQLAlchemy's deferred columns.
        """
        deferred = [prop.class_attribute for prop in self.mapper.column_attrs if prop.deferred]
        return sa.select(self.mapper.class_).options(*map(undefer, deferred))

    def once(self, key: Hashable, build: Callable[[], S]) -> S:
        """Return the statement for ``key``.

        ``build`` makes the statement at the first call.
        """
        if key not in self._statements:
            self._statements[key] = build()
        statement: S = self._statements[key]
        return statement

    def keeps(self, statement: sa.Select[Any]) -> bool:
        """Return whether ``once`` made the statement, which is then kept for all requests."""
        kept = [*self._statements.values()]  # a copy, as other threads add statements
        return any(one is statement for one in kept)

    def select_by(self, name: str, visible: sa.Select[Any] | None = None) -> sa.Select[Any]:
        """Return the statement that finds one instance by the field ``name``.

        The field equals the ``parameters`` of the statement. The statement is built once.

        Args:
            name: the name of the field.
            visible: a kept statement that finds more instances. None means ``select_all``.
        """
        base = self.select_all if visible is None else visible
        return self.once(("by", name, visible), lambda: base.where(self.equals(name)))

    def values(self, instance: Any) -> Values:
        """Return the typed values of an instance.

        Query the store only for values that are not loaded.
        """
        found, loaded = {}, vars(instance)
        for name, key, decode in self.decoders:
            value = loaded[key] if key in loaded else getattr(instance, key, None)  # a concrete class may lack it
            found[name] = decode(value) if decode is not None and value is not None else value
        for name, get_key, decode in self.composed:
            parts = get_key(instance)
            found[name] = None if None in parts else decode(parts) if decode is not None else parts
        return found

    def build(self, session: Session, data: Values) -> Any:
        """Return a new instance with the values of ``data``.

        The class's constructor makes the instance.

        Args:
            session: loads the members that the constructor requires.
            data: a dict from field name to typed value.

        Raises:
            Invalid: the constructor requires a missing field, or a validator of the class refused a value.
        """
        stored = self._stored(data)
        accepted = stored.keys() if self._accepted is None else self._accepted
        taken = {attribute: value for attribute, value in stored.items() if attribute in accepted}
        found = implied(self.schema, data, NOTHING)
        references = {**{name: value for name, value in found.items() if value is not None}, **data}
        required, model = self._required_arguments(session, references, stored.keys()), self.mapper.class_
        check_identity(self.mapper)
        nulls = [attribute for attribute, value in taken.items() if value is None]
        with refused_arguments(model, nulls, self._empty(stored)):
            instance = model(**taken, **required)
        self._set(instance, {attribute: value for attribute, value in stored.items() if attribute not in accepted})
        for name in self.relations.keys() & references.keys():
            if references[name] is not None and vars(instance).get(name, ...) is None:
                set_committed_value(instance, name, None)  # or the constructor's None would clear the foreign key
        check_key(self.mapper, self.schema, instance)
        self._validate(instance, stored)
        return instance

    def keep_nulls(self, instance: Any, data: Values) -> None:
        """Let the next flush store the nulls of a new instance where it would store the defaults of the columns.

        Args:
            instance: the instance that ``build`` made from ``data``.
            data: a dict from field name to typed value.
        """
        given = (attribute for name, value in data.items() if value is None for attribute in self.attributes(name))
        for attribute in self._defaulted.intersection(given):
            if vars(instance).get(attribute) is None:
                set_committed_value(instance, attribute, sa.null())

    @cached_property
    def _defaulted(self) -> frozenset[str]:
        """The attributes that can be null, but get another value by an INSERT without a value for them."""
        return defaulted_attributes(self.mapper)

    def _empty(self, stored: Mapping[str, Any]) -> list[str]:
        """Return the names of the fields of an instance's own row that requests can set, and that have no value."""
        own = (known for known in self.schema.fields.values() if known.insertable and not known.is_internal)
        fields = (known for known in own if known.name not in self.elsewhere)
        return [one.name for one in fields if all(stored.get(attribute) is None for attribute in one.stored_in)]

    def _validate(self, instance: Any, attributes: Iterable[str]) -> None:
        validate(instance, {name: self.schema.public_name(self.field_names[name]) for name in attributes})

    def _required_arguments(self, session: Session, data: Values, given: Collection[str]) -> dict[str, Any]:
        """Return the required arguments of the constructor that are not ``given``.

        They are the members of relations, and None for generated values.

        Raises:
            Invalid: a field is missing.
        """
        found: dict[str, Any] = {}
        errors = {}
        for attribute in self._required.difference(given):
            name, relation = self.field_names.get(attribute, attribute), self.relations.get(attribute)
            field = self.schema.fields.get(name)
            if relation is not None and (name in data or not relation.keys):
                found[name] = relation.load(session, data.get(name)) if relation.keys else [] if relation.many else None
            elif field is not None and not field.insertable:
                found[attribute] = None
            else:
                errors[self.schema.public_name(name)] = ["is required"]
        if errors:
            raise Invalid(errors=errors)
        return found

    def assign(self, instance: Any, changed: Values) -> None:
        """Set the ``changed`` values on ``instance``.

        Raises:
            Invalid: a validator of the class refused a value.
        """
        fixed = {column.key: getattr(instance, column.key) for column in self.key}
        stored = self._stored(changed, fixed)
        self._set(instance, stored)
        for name in self.codecs.keys() & changed.keys():
            if isinstance(self.schema.fields[name].type, Json):  # Python finds 1 and true equal
                flag_modified(instance, *self.attributes(name))
        self._validate(instance, stored)

    def _stored(self, data: Values, fixed: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
        """Return a dict from attribute to SQLAlchemy's value.

        Args:
            data: a dict from field name to typed value.
            fixed: a dict from attribute to SQLAlchemy's value, for attributes that ``data`` must not change.

        Raises:
            Invalid: two fields have a common attribute, and give it different values.
        """
        stored, errors = dict(fixed), {}
        for name, value in data.items():
            for attribute, part in self._parts(name, value):
                held = stored.setdefault(attribute, part)
                if held is not part and held != part:
                    errors[self.schema.public_name(name)] = [f"contradicts another value of {attribute}"]
        if errors:
            raise Invalid(errors=errors)
        return {attribute: value for attribute, value in stored.items() if attribute not in fixed}

    def _parts(self, name: str, value: Any) -> Iterable[tuple[str, Any]]:
        """Return pairs of an attribute of the field ``name`` and SQLAlchemy's value for it."""
        if name in self.setters:
            encode = self.setters[name]
            return [(name, encode(value) if encode and value is not None else value)]
        attributes = self.attributes(name)
        if len(attributes) == 1:
            return [(attributes[0], self._attribute_value(name, value))]
        if value is None:
            return [(attribute, None) for attribute in clearable(self.mapper, attributes)]
        return zip(attributes, self.encode(name, value), strict=True)

    def _attribute_value(self, name: str, value: Any) -> Any:
        """Return the value to set on an instance.

        If ``value`` is None and the column is not nullable, return the column's default.
        """
        column = self.column(name)
        default = getattr(column, "default", None)
        if value is None and default is not None and default.is_scalar and not column.nullable:
            return default.arg
        return self.encode(name, value)

    def _set(self, instance: Any, stored: Mapping[str, Any]) -> None:
        errors: dict[str, list[str]] = {}
        for attribute, value in sorted(stored.items(), key=lambda item: item[0] in self.setters):
            is_typed = attribute not in self.setters or not isinstance(self.schema.fields[attribute].type, Json)
            try:
                with refused_value(self.mapper.class_, value, is_typed=is_typed):
                    setattr(instance, attribute, value)
            except ValueError as error:
                add_error(errors, self.schema.public_name(self.field_names[attribute]), error)
            else:
                if value is None and attribute in self.json_columns:
                    _set_null(instance, attribute)
        if errors:
            raise Invalid(errors=errors)


def _set_null(instance: Any, attribute: str) -> None:
    """Set a JSON column to SQL's NULL, which is not JSON's null."""
    with suppress(Exception):  # a validator, or a mutable type, may refuse it
        setattr(instance, attribute, sa.null())
