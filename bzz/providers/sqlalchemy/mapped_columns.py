"""The columns of a mapped class, by the names of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.providers.sqlalchemy.codec import Codec, Compare, Convert
from bzz.providers.sqlalchemy.keys import equal, key_from, parameters
from bzz.providers.sqlalchemy.relationships import Relationship
from bzz.schema.schema import Schema


@dataclass(frozen=True)
class MappedColumns:
    """The columns of a mapped class, with their codecs.

    Each column has a codec, and each relation has a relationship.

    Args:
        mapper: the mapper of the class.
        schema: the schema of the class.
        codecs: a dict from field name to codec, for columns and expressions.
        key_codecs: a dict from field name to codec, for the foreign keys of to-one relationships and for a composite
            primary key. The values of a key of several columns are tuples.
        relations: a dict from field name to relationship.
        setters: a dict from each hybrid with a setter to the function that converts a typed value for the setter.
    """

    mapper: Mapper[Any]
    schema: Schema
    codecs: Mapping[str, Codec]
    key_codecs: Mapping[str, Codec]
    relations: Mapping[str, Relationship]
    setters: Mapping[str, Convert | None]

    @cached_property
    def field_names(self) -> dict[str, str]:
        """A dict from attribute to the name of the field that shows the attribute."""
        parts = {part: known.name for known in self.schema.fields.values() for part in known.stored_in}
        shown = {key: name for name, relation in self.relations.items() for key in relation.keys}
        names = {name for name in self.codecs if not self.schema.fields[name].parts}
        return parts | shown | {name: name for name in (*names, *self.setters)}

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """The names of the relations that are not stored in the instance's own row."""
        return self.schema.deferred - self.schema.computed

    @cached_property
    def key(self) -> list[Any]:
        """The columns of the primary key."""
        return self.columns(str(self.schema.pk))

    @cached_property
    def json_columns(self) -> frozenset[str]:
        """The attributes whose columns contain JSON."""
        return frozenset(prop.key for prop in self.mapper.column_attrs if isinstance(prop.columns[0].type, sa.JSON))

    def key_of(self, instance: Any, name: str | None = None) -> Any:
        """Return SQLAlchemy's value of the field ``name`` of an instance, or a tuple of such values.

        The default is the primary key.
        """
        return key_from([getattr(instance, attribute) for attribute in self.attributes(name or str(self.schema.pk))])

    def equals(self, name: str) -> Any:
        """Return the clause that tests whether the field ``name`` equals the ``parameters`` of a statement."""
        columns = self.columns(name)
        bind = self.codec(name).bind if len(columns) == 1 else None
        names = parameters(None, len(columns))
        return equal(columns, key_from([sa.bindparam(parameter, type_=bind) for parameter in names]))

    def parameters(self, name: str, value: Any) -> dict[str, Any]:
        """Return the parameters of a statement with ``equals``, for a typed value of the field ``name``."""
        return parameters(self.encode(name, value), len(self.attributes(name)))

    def column(self, name: str) -> Any:
        """Return the only attribute of the field ``name``, for a statement."""
        [column] = self.columns(name)
        return column

    def columns(self, name: str) -> list[Any]:
        """Return the attributes of the field ``name``, for a statement."""
        return [getattr(self.mapper.class_, attribute) for attribute in self.attributes(name)]

    def attributes(self, name: str) -> tuple[str, ...]:
        """Return the names of the attributes of the field ``name``.

        For a to-one relationship, they are the attributes of the foreign key.
        """
        relation = self.relations.get(name)
        if relation is not None:
            return relation.keys or (name,)
        return self.schema.fields[name].parts or (name,)

    def codec(self, name: str) -> Codec:
        """Return the codec of the field ``name``. A computed field has its type alone."""
        return self.codecs.get(name) or self.key_codecs.get(name) or Codec(self.schema.fields[name].type)

    def comparisons(self, name: str) -> list[Compare | None]:
        """Return the ``Codec.compare`` of each column of the field ``name``."""
        parts = self.attributes(name)
        codecs = [self.codec(name)] if len(parts) == 1 else [self.codecs.get(part) for part in parts]
        return [codec.compare if codec else None for codec in codecs]

    def encode(self, name: str, value: Any) -> Any:
        """Return SQLAlchemy's value for a typed value of the field ``name``."""
        codec = self.codecs.get(name) or self.key_codecs.get(name)
        return codec.encode(value) if codec and codec.encode and value is not None else value

    def encode_all(self, name: str, values: Iterable[Any]) -> list[Any]:
        """Return SQLAlchemy's values for several typed values of the field ``name``."""
        return [self.encode(name, value) for value in values]
