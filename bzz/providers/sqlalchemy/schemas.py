"""Mapped classes as resources, and their instances as plain values and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Parameter, signature
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import Mapper, QueryableAttribute, Session
from sqlalchemy.sql.elements import ColumnElement

from bzz.datatypes import List, add_error
from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.columns import ONLY_SHOWN, SHOWN, Codec, Convert, codec
from bzz.providers.sqlalchemy.relationships import Relationship, relationships
from bzz.relations import Reference
from bzz.resources import Field, Resource, Values, describe


@dataclass(frozen=True)
class Schema:
    """A mapped class, with how the values of each of its fields travel.

    Args:
        mapper: of the class.
        resource: what it looks like, without the restrictions of any hive.
        codecs: by the names of the fields that are columns or expressions.
        relations: by the names of the fields that are relationships.
        pages: statements of lists that were asked for before.
    """

    mapper: Mapper[Any]
    resource: Resource
    codecs: Mapping[str, Codec]
    relations: Mapping[str, Relationship]
    pages: dict[Any, sa.Select[Any]] = field(default_factory=dict)
    _at: dict[str, sa.Select[Any]] = field(default_factory=dict)
    _locking: dict[str, sa.Select[Any]] = field(default_factory=dict)

    @cached_property
    def _readers(self) -> list[tuple[str, str, Convert | None]]:
        """Name, attribute and conversion of each field that an instance holds itself."""
        of_columns = [(name, name, known.read) for name, known in self.codecs.items()]
        return of_columns + [(name, held.key, None) for name, held in self.relations.items() if held.key]

    @cached_property
    def _parameters(self) -> Sequence[Parameter]:
        """What the class's own constructor takes; nothing of SQLAlchemy's, which only sets what it is given."""
        own: Any = self.mapper.class_manager.original_init
        return [] if own is self.mapper.registry.constructor else [*signature(own).parameters.values()][1:]

    @cached_property
    def _accepted(self) -> frozenset[str] | None:
        """The attributes that the constructor takes; None if it takes any."""
        takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in self._parameters)
        return None if takes_any else frozenset(p.name for p in self._parameters)

    @cached_property
    def _required(self) -> frozenset[str]:
        """The attributes that the constructor does not do without."""
        kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        return frozenset(p.name for p in self._parameters if p.kind in kinds and p.default is Parameter.empty)

    @cached_property
    def key(self) -> Any:
        """The attribute of the primary key."""
        return self.column(str(self.resource.pk))

    @cached_property
    def everything(self) -> sa.Select[Any]:
        """The statement of all instances."""
        return sa.select(self.mapper.class_)

    @cached_property
    def write_lock(self) -> sa.Update:
        """A statement that changes nothing, after which no other transaction writes to a SQLite database."""
        table: Any = self.mapper.base_mapper.local_table
        pk = self.mapper.base_mapper.primary_key[0]
        return sa.update(table).values({pk: pk}).where(sa.false())

    def at(self, name: str) -> sa.Select[Any]:
        """Return the statement of the instance whose field ``name`` is the parameter ``key``, as it is stored."""
        if name not in self._at:
            clause = self.column(name) == sa.bindparam("key")
            self._at[name] = self.everything.where(clause)
        return self._at[name]

    def locking(self, name: str) -> sa.Select[Any]:
        """Return the statement ``at`` that keeps others from writing the instance's row, where the database has one."""
        if name not in self._locking:
            self._locking[name] = self.at(name).with_for_update(of=self.mapper.class_, key_share=True)
        return self._locking[name]

    def column(self, name: str) -> Any:
        """Return what the field ``name`` is in a statement; of a to-one relationship, the column of its foreign key."""
        held = self.relations.get(name)
        return getattr(self.mapper.class_, (held and held.key) or name)

    def values(self, instance: Any) -> Values:
        """Return an instance's values, typed; queries for none but what is not loaded."""
        found, loaded = {}, vars(instance)
        for name, key, read in self._readers:
            value = loaded[key] if key in loaded else getattr(instance, key)
            found[name] = read(value) if read is not None and value is not None else value
        return found

    def stored(self, name: str, value: Any) -> Any:
        """Return a typed value of the field ``name`` as SQLAlchemy takes it in a statement."""
        known = self.codecs.get(name)
        return known.store(value) if known and known.store and value is not None else value

    def build(self, session: Session, data: Values) -> Any:
        """Return a new instance with the values of ``data``, by its class's own constructor.

        Raises:
            Invalid: the constructor wants what is not there, or a validator of the class refuses.
        """
        given = {name: self._attribute(session, name, value) for name, value in data.items()}
        accepted = given.keys() if self._accepted is None else self._accepted
        taken = self._required_of(data) | {name: value for name, value in given.items() if name in accepted}
        try:
            instance = self.mapper.class_(**taken)
        except ValueError as error:
            raise error if isinstance(error, Invalid) else Invalid(str(error)) from error
        self._set(instance, {name: value for name, value in given.items() if name not in accepted})
        pk = str(self.resource.pk)
        if self.resource.fields[pk].insertable and getattr(instance, pk) is None:
            raise Invalid(errors={self.resource.public(pk): ["is required"]})
        return instance

    def _required_of(self, data: Values) -> dict[str, Any]:
        """Return what a constructor requires and no field of ``data`` is: foreign keys, and what the database makes.

        Raises:
            Invalid: a field is missing.
        """
        found, errors = {}, {}
        names = {held.key: name for name, held in self.relations.items() if held.key}
        for attribute in self._required - data.keys():
            name = names.get(attribute, attribute)
            known = self.resource.fields.get(name)
            if name in data or (known is not None and not known.insertable):
                found[attribute] = data.get(name)
            else:
                errors[self.resource.public(name)] = ["is required"]
        if errors:
            raise Invalid(errors=errors)
        return found

    def assign(self, session: Session, instance: Any, changed: Values) -> None:
        """Set on ``instance`` what has ``changed``; raise Invalid if a validator of its class refuses."""
        self._set(instance, {name: self._attribute(session, name, value) for name, value in changed.items()})

    def _attribute(self, session: Session, name: str, value: Any) -> Any:
        """Return what is set on an instance for a typed value: of a reference, the instance referred to."""
        if name in self.relations:
            return None if value is None else self.relations[name].target(session, name, value)
        return self.stored(name, value) if value is not None else self._nothing(self.column(name))

    def _nothing(self, column: Any) -> Any:
        """Return what takes the value of a column away: its default, where it always has one, or NULL."""
        default = getattr(column, "default", None)
        if default is not None and default.is_scalar and not column.nullable:
            return default.arg
        return sa.null() if isinstance(column.type, sa.JSON) else None  # and not JSON's own null

    def _set(self, instance: Any, given: Mapping[str, Any]) -> None:
        errors: dict[str, list[str]] = {}
        for name, value in given.items():
            try:
                setattr(instance, name, value)
            except ValueError as error:
                add_error(errors, self.resource.public(name), error)
        if errors:
            raise Invalid(errors=errors)


def make_schema(model: type, dialect: str | None, schema_of: Callable[[type], Schema]) -> Schema:
    """Return the schema of a mapped class.

    Args:
        model: the class.
        dialect: name of the database's dialect, if it is known.
        schema_of: returns the schema of another class, when it is needed.

    Raises:
        TypeError: it is no mapped class, or its primary key is composite.
        LookupError: it, or another, refers to a class that is not defined yet.
    """
    mapper: Any = sa.inspect(model, raiseerr=False)
    if not isinstance(mapper, Mapper):
        raise TypeError(f"{model!r} is no mapped class")
    _configure(mapper)
    if len(mapper.primary_key) != 1:
        names = ", ".join(column.name for column in mapper.primary_key)
        raise TypeError(f"{model.__name__} has a composite primary key ({names}), which cannot be served yet")
    pk = mapper.get_property_by_column(mapper.primary_key[0]).key
    relations = {held.name: held for held in relationships(mapper)}
    covered = {held.key for held in relations.values() if held.key} - {pk}
    codecs, fields = {}, {}
    for name, expression in _expressions(mapper).items():
        if name not in covered:
            codecs[name] = known = _codec(expression, dialect)
            fields[name] = _field(name, mapper, expression, known, is_pk=name == pk)
    for name, held in relations.items():
        fields[name] = _relation_field(held, schema_of)
    return Schema(mapper, describe(model, fields, pk=pk, json=SHOWN), codecs, relations)


def _configure(mapper: Mapper[Any]) -> None:
    """Configure the mappers, unless one refers to a class that is not defined yet, after which none could be."""
    if mapper.configured:
        return
    names = {other.class_.__name__ for other in mapper.registry.mappers}
    for other in mapper.registry.mappers:
        for name, descriptor in other.all_orm_descriptors.items():
            argument = getattr(getattr(descriptor, "prop", None), "argument", None)
            target = argument.rpartition(".")[2] if isinstance(argument, str) else ""
            if target.isidentifier() and target not in names:
                raise LookupError(f"{other.class_.__name__}.{name} refers to {argument}, which is not mapped yet")
    mapper.registry.configure(cascade=True)


def _expressions(mapper: Mapper[Any]) -> dict[str, Any]:
    """Return what a class has that holds one value: columns, expressions and hybrid properties."""
    found: dict[str, Any] = {name: prop.expression for name, prop in mapper.column_attrs.items()}
    for name, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY and not name.startswith("_"):
            found[name] = None
            with suppress(Exception):  # one that is of instances only
                found[name] = getattr(mapper.class_, name)
    return found


def _codec(expression: Any, dialect: str | None) -> Codec:
    if not isinstance(expression, (ColumnElement, QueryableAttribute)) or isinstance(
        expression.type, sa.types.NullType
    ):
        return ONLY_SHOWN
    return codec(expression.type, dialect)


def _field(name: str, mapper: Mapper[Any], expression: Any, known: Codec, *, is_pk: bool) -> Field:
    column = expression if isinstance(expression, sa.Column) else None
    is_set = (
        column is not None
        and known.is_known
        and column.computed is None
        and not (column.identity is not None and column.identity.always)
        and column is not mapper.version_id_col
        and column is not mapper.polymorphic_on
    )
    is_made = is_pk and _is_generated(mapper.primary_key[0])
    return Field(name, known.type, insertable=is_set and not is_made, updatable=is_set and not is_pk)


def _is_generated(column: Any) -> bool:
    return (
        column is column.table._autoincrement_column or column.default is not None or column.server_default is not None
    )


def _relation_field(held: Relationship, schema_of: Callable[[type], Schema]) -> Field:
    def key_type() -> Any:
        resource = schema_of(held.model).resource
        return resource.fields[str(resource.pk)].type

    reference = Reference(lambda: held.model, key_type)
    return Field(
        held.name,
        List(reference) if held.many else reference,
        insertable=held.is_writable,
        updatable=held.is_writable,
        deferred=held.key is None,
    )
