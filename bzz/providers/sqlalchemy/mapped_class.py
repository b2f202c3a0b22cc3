"""Mapped classes and their schemas.

They convert instances to values, and values to instances.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from inspect import Parameter, signature
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session, undefer
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.column_codecs import Codec, Convert
from bzz.providers.sqlalchemy.relationships import Relationship
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

S = TypeVar("S")


@dataclass(frozen=True)
class MappedClass:
    """A mapped class, with its codecs and relationships.

    Each column has a codec, and each relation has a relationship.

    Args:
        mapper: the mapper of the class.
        schema: the schema of the class.
        codecs: a dict from field name to codec, for columns and expressions.
        key_codecs: a dict from field name to codec, for the foreign keys of to-one relationships.
        relations: a dict from field name to relationship.

    Attributes:
        pages: the statements of first pages. The module ``queries`` builds them and stores them here.
    """

    mapper: Mapper[Any]
    schema: Schema
    codecs: Mapping[str, Codec]
    key_codecs: Mapping[str, Codec]
    relations: Mapping[str, Relationship]
    pages: dict[Any, sa.Select[Any]] = dataclass_field(default_factory=dict, init=False)
    _statements: dict[Hashable, Any] = dataclass_field(default_factory=dict, init=False)

    @cached_property
    def _decoders(self) -> list[tuple[str, str, Convert | None]]:
        """The name, attribute and decoder of each field that is not deferred."""
        of_columns = [(name, name, codec.decode) for name, codec in self.codecs.items()]
        return of_columns + [(name, self.attribute(name), codec.decode) for name, codec in self.key_codecs.items()]

    @cached_property
    def _parameters(self) -> Sequence[Parameter]:
        """The parameters of the class's own constructor.

        The sequence is empty if the class has SQLAlchemy's constructor.
        """
        own: Any = self.mapper.class_manager.original_init
        return [] if own is self.mapper.registry.constructor else [*signature(own).parameters.values()][1:]

    @cached_property
    def _accepted(self) -> frozenset[str] | None:
        """The attributes that the constructor takes.

        None if the constructor takes all attributes.
        """
        takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in self._parameters)
        return None if takes_any else frozenset(p.name for p in self._parameters)

    @cached_property
    def _required(self) -> frozenset[str]:
        """The attributes that the constructor requires."""
        kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        return frozenset(p.name for p in self._parameters if p.kind in kinds and p.default is Parameter.empty)

    @cached_property
    def key(self) -> Any:
        """The attribute that contains the primary key."""
        return self.column(str(self.schema.pk))

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

    def select_by(self, name: str) -> sa.Select[Any]:
        """Return the statement that finds one instance by the field ``name``.

        The field equals the parameter ``key``. The statement is built once.
        """
        return self.once(("by", name), lambda: self.select_all.where(self.column(name) == sa.bindparam("key")))

    def column(self, name: str) -> Any:
        """Return the attribute of the field ``name``, for a statement.

        For a to-one relationship, it is the attribute of the foreign key.
        """
        return getattr(self.mapper.class_, self.attribute(name))

    def attribute(self, name: str) -> str:
        """Return the name of the attribute of the field ``name``.

        For a to-one relationship, it is the attribute of the foreign key.
        """
        relation = self.relations.get(name)
        return (relation and relation.key) or name

    def values(self, instance: Any) -> Values:
        """Return the typed values of an instance.

        Query the store only for values that are not loaded.
        """
        found, loaded = {}, vars(instance)
        for name, key, decode in self._decoders:
            value = loaded[key] if key in loaded else getattr(instance, key)
            found[name] = decode(value) if decode is not None and value is not None else value
        return found

    def encode(self, name: str, value: Any) -> Any:
        """Return SQLAlchemy's value for a typed value of the field ``name``."""
        codec = self.codecs.get(name) or self.key_codecs.get(name)
        return codec.encode(value) if codec and codec.encode and value is not None else value

    def build(self, session: Session, data: Values) -> Any:
        """Return a new instance with the values of ``data``.

        The class's constructor makes the instance.

        Args:
            session: loads the members that the constructor requires.
            data: a dict from field name to typed value.

        Raises:
            Invalid: the constructor requires a missing field, or a validator of the class refused a value.
        """
        stored = {name: self._attribute_value(name, value) for name, value in data.items()}
        given = {self.attribute(name): value for name, value in stored.items()}
        accepted = given.keys() if self._accepted is None else self._accepted
        taken = {name: value for name, value in given.items() if name in accepted}
        try:
            instance = self.mapper.class_(**taken, **self._required_arguments(session, data, given.keys()))
        except ValueError as error:
            raise error if isinstance(error, Invalid) else Invalid(str(error)) from error
        self._set(instance, {name: value for name, value in stored.items() if self.attribute(name) not in accepted})
        for name in self.key_codecs:
            if data.get(name) is not None and vars(instance).get(name, ...) is None:
                set_committed_value(instance, name, None)  # or the constructor's None would clear the foreign key
        pk = str(self.schema.pk)
        if self.schema.fields[pk].insertable and getattr(instance, pk) is None:
            raise Invalid(errors={self.schema.public_name(pk): ["is required"]})
        return instance

    def _required_arguments(self, session: Session, data: Values, given: Collection[str]) -> dict[str, Any]:
        """Return the required arguments of the constructor that are not ``given``.

        They are the members of relations, and None for generated values.

        Raises:
            Invalid: a field is missing.
        """
        found: dict[str, Any] = {}
        errors = {}
        names = {self.attribute(name): name for name in self.key_codecs}
        for attribute in self._required.difference(given):
            name, relation = names.get(attribute, attribute), self.relations.get(attribute)
            field = self.schema.fields.get(name)
            if relation is not None and (name in data or relation.key is None):
                found[name] = relation.load(session, data.get(name)) if relation.key else [] if relation.many else None
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
        self._set(instance, {name: self._attribute_value(name, value) for name, value in changed.items()})
        for name in changed:
            if isinstance(self.column(name).type, sa.JSON):  # Python finds 1 and true equal
                flag_modified(instance, name)

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
        for name, value in stored.items():
            attribute = self.attribute(name)
            try:
                setattr(instance, attribute, value)
            except ValueError as error:
                add_error(errors, self.schema.public_name(name), error)
            else:
                if value is None and isinstance(self.column(name).type, sa.JSON):
                    _set_null(instance, attribute)
        if errors:
            raise Invalid(errors=errors)


def _set_null(instance: Any, attribute: str) -> None:
    """Set a JSON column to SQL's NULL, which is not JSON's null."""
    with suppress(ValueError):  # a mutable type takes only JSON's null
        setattr(instance, attribute, sa.null())
