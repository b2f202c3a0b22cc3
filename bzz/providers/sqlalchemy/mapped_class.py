"""Mapped classes as resources, and their instances as plain values and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Parameter, signature
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session, undefer
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.column_codecs import SQLITE, Codec, Convert
from bzz.providers.sqlalchemy.relationships import Relationship
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.schema import Schema


@dataclass(frozen=True)
class MappedClass:
    """A mapped class, with how the values of each of its fields travel.

    Args:
        mapper: of the class.
        schema: what it looks like, without the restrictions of any hive.
        codecs: by the names of the fields that are columns or expressions.
        keys: by the names of those that are the foreign keys of relationships.
        relations: by the names of the fields that are relationships.

    Attributes:
        pages: statements of lists that were asked for before.
    """

    mapper: Mapper[Any]
    schema: Schema
    codecs: Mapping[str, Codec]
    keys: Mapping[str, Codec]
    relations: Mapping[str, Relationship]
    pages: dict[Any, sa.Select[Any]] = field(default_factory=dict, init=False)
    _at: dict[str, sa.Select[Any]] = field(default_factory=dict, init=False)
    _locking: dict[str, sa.Select[Any]] = field(default_factory=dict, init=False)

    @cached_property
    def _decoders(self) -> list[tuple[str, str, Convert | None]]:
        """Name, attribute and conversion of each field that an instance holds itself."""
        of_columns = [(name, name, known.decode) for name, known in self.codecs.items()]
        return of_columns + [(name, self.attribute(name), known.decode) for name, known in self.keys.items()]

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
        return self.column(str(self.schema.pk))

    @cached_property
    def everything(self) -> sa.Select[Any]:
        """The statement of all instances, with all that they hold."""
        deferred = [prop.class_attribute for prop in self.mapper.column_attrs if prop.deferred]
        return sa.select(self.mapper.class_).options(*map(undefer, deferred))

    @cached_property
    def write_locks(self) -> Mapping[str, Sequence[sa.Update]]:
        """By dialect, what a transaction begins with if no other shall write: in SQLite a write, though of nothing."""
        table: Any = self.mapper.base_mapper.local_table
        pk = self.mapper.base_mapper.primary_key[0]
        return {SQLITE: [sa.update(table).values({pk: pk}).where(sa.false())]}

    def at(self, name: str) -> sa.Select[Any]:
        """Return the statement of the instance whose field ``name`` is the parameter ``key``, as it is stored."""
        if name not in self._at:
            clause = self.column(name) == sa.bindparam("key")
            self._at[name] = self.everything.where(clause)
        return self._at[name]

    def locking(self, name: str) -> sa.Select[Any]:
        """Return the statement ``at`` that keeps others from writing the instance's row, where the database has one."""
        if name not in self._locking:
            base = self.mapper.base_mapper.local_table
            self._locking[name] = self.at(name).with_for_update(of=base, key_share=True)
        return self._locking[name]

    def column(self, name: str) -> Any:
        """Return what the field ``name`` is in a statement; of a to-one relationship, the column of its foreign key."""
        return getattr(self.mapper.class_, self.attribute(name))

    def attribute(self, name: str) -> str:
        """Return the attribute that holds the field ``name``: of a to-one relationship, its foreign key."""
        held = self.relations.get(name)
        return (held and held.key) or name

    def values(self, instance: Any) -> Values:
        """Return an instance's values, typed; queries for none but what is not loaded."""
        found, loaded = {}, vars(instance)
        for name, key, decode in self._decoders:
            value = loaded[key] if key in loaded else getattr(instance, key)
            found[name] = decode(value) if decode is not None and value is not None else value
        return found

    def bound(self, name: str, value: Any) -> Any:
        """Return a typed value of the field ``name`` as SQLAlchemy takes it in a statement."""
        known = self.codecs.get(name) or self.keys.get(name)
        return known.encode(value) if known and known.encode and value is not None else value

    def build(self, session: Session, data: Values) -> Any:
        """Return a new instance with the values of ``data``, by its class's own constructor.

        Raises:
            Invalid: the constructor wants what is not there, or a validator of the class refuses.
        """
        stored = {name: self._value(name, value) for name, value in data.items()}
        given = {self.attribute(name): value for name, value in stored.items()}
        accepted = given.keys() if self._accepted is None else self._accepted
        taken = {name: value for name, value in given.items() if name in accepted}
        try:
            instance = self.mapper.class_(**taken, **self._required_of(session, data, given.keys()))
        except ValueError as error:
            raise error if isinstance(error, Invalid) else Invalid(str(error)) from error
        self._set(instance, {name: value for name, value in stored.items() if self.attribute(name) not in accepted})
        for name in self.keys:
            if data.get(name) is not None and vars(instance).get(name, ...) is None:
                set_committed_value(instance, name, None)  # what a constructor has set, not to take the key away
        pk = str(self.schema.pk)
        if self.schema.fields[pk].insertable and getattr(instance, pk) is None:
            raise Invalid(errors={self.schema.public_name(pk): ["is required"]})
        return instance

    def _required_of(self, session: Session, data: Values, given: Collection[str]) -> dict[str, Any]:
        """Return what a constructor requires besides what it is given: relations, and what the database makes.

        Raises:
            Invalid: a field is missing.
        """
        found: dict[str, Any] = {}
        errors = {}
        names = {self.attribute(name): name for name in self.keys}
        for attribute in self._required.difference(given):
            name, held = names.get(attribute, attribute), self.relations.get(attribute)
            known = self.schema.fields.get(name)
            if held is not None and (name in data or held.key is None):
                found[name] = held.target(session, data.get(name)) if held.key else [] if held.many else None
            elif known is not None and not known.insertable:
                found[attribute] = None
            else:
                errors[self.schema.public_name(name)] = ["is required"]
        if errors:
            raise Invalid(errors=errors)
        return found

    def assign(self, instance: Any, changed: Values) -> None:
        """Set on ``instance`` what has ``changed``; raise Invalid if a validator of its class refuses."""
        self._set(instance, {name: self._value(name, value) for name, value in changed.items()})
        for name in changed:
            if isinstance(self.column(name).type, sa.JSON):  # where Python finds 1 and true the same
                flag_modified(instance, name)

    def _value(self, name: str, value: Any) -> Any:
        """Return what is set on an instance: of what always has a value its default, to take that away."""
        column = self.column(name)
        default = getattr(column, "default", None)
        if value is None and default is not None and default.is_scalar and not column.nullable:
            return default.arg
        return self.bound(name, value)

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
    """Have a column of JSON hold no value, and not JSON's own null; one that follows changes in it takes the latter."""
    with suppress(ValueError):
        setattr(instance, attribute, sa.null())
