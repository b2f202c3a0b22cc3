"""Reads that need no instance: the rows of a class in place of its instances.

An instance costs SQLAlchemy more time than its row. Rows are read only if they tell all that instances would show, and
if nobody can notice that no instance was loaded. Otherwise instances are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import ClassManager, Mapper, Session

from bzz.providers.sqlalchemy.broken_rows import is_about_a_row
from bzz.providers.sqlalchemy.codec import Convert
from bzz.providers.sqlalchemy.keys import key_attributes
from bzz.providers.sqlalchemy.loading import load_all, stored_instances
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.values import Stored
from bzz.schema.fields import Values

NO_PLUGIN = sa.util.immutabledict[str, Any]()


def read(
    session: Session, mapped_class: MappedClass, statement: Any, parameters: Any = None, *, needs_instances: bool
) -> Sequence[Stored]:
    """Return what a statement finds, as it is stored now, without deferred fields.

    Args:
        session: the session of the act.
        mapped_class: the class of the instances.
        statement: a statement that finds instances of the class.
        parameters: the parameters of the statement.
        needs_instances: whether the result must contain the instances.
    """
    if not needs_instances and _can_read_rows(session):
        identities = len(mapped_class.mapper.polymorphic_map)  # more, if the application defines a class later
        reader = mapped_class.once(("rows", identities), lambda: _reader_of(mapped_class))
        found = reader.read(session, statement, parameters) if reader is not None else None
        if found is not None:
            return found
    return stored_instances(session, mapped_class, load_all(session, mapped_class, statement, parameters))


def _can_read_rows(session: Session) -> bool:
    """Return whether rows show what a session would show, and whether nobody can notice that it loads no instances.

    An instance of the session may have changes that are not stored. A listener may narrow the instances, or note them.
    """
    heard = session.dispatch.do_orm_execute or session.dispatch.loaded_as_persistent
    return not (heard or session.identity_map or session.new) and type(session).scalars is Session.scalars


@dataclass(frozen=True, slots=True, eq=False)
class RowReader:
    """Reads the rows of a mapped class.

    Args:
        mapped_class: the class.
        columns: the attributes to select.
        names: the names of the fields whose values are the first columns.
        decoders: the decoder of each of these fields that has one, by name.
        composed: the getter and the decoder of each key of several columns, by name.
        key_of: the getter of the primary key.
        discriminator: the index of the discriminator. None if all instances are of the class itself.
        models: the class of an instance, by its discriminator.
        managers: what SQLAlchemy keeps for each class. It knows the listeners of the class.
        statements: the statements that select columns, by those that select instances. None for a statement that may do
            more.
    """

    mapped_class: MappedClass
    columns: Sequence[Any]
    names: Sequence[str]
    decoders: Sequence[tuple[str, Convert]]
    composed: Sequence[tuple[str, Callable[[Any], tuple[Any, ...]], Convert | None]]
    key_of: Callable[[Any], Any]
    discriminator: int | None
    models: Mapping[Any, type]
    managers: Sequence[ClassManager[Any]]
    statements: WeakKeyDictionary[Any, Any] = field(default_factory=WeakKeyDictionary)

    def read(self, session: Session, statement: Any, parameters: Any) -> Sequence[Stored] | None:
        """Return what a statement finds, each key once. The keys are in ``origin``.

        Return None if instances must be loaded. One row that SQLAlchemy cannot load is enough.
        """
        if any(manager.dispatch.load or manager.dispatch.refresh for manager in self.managers):
            return None
        if statement not in self.statements:
            self.statements[statement] = self._select(statement)
        selecting = self.statements[statement]
        if selecting is None:
            return None
        mapper = self.mapped_class.mapper
        try:
            rows = session.execute(selecting, parameters, bind_arguments={"mapper": mapper}).all()
            found = dict(zip(map(self.key_of, rows), rows, strict=True))
            found.pop(self.key_of([None] * len(self.columns)), None)  # SQLAlchemy makes no instance of such a row
            models = [mapper.class_] * len(found)
            if self.discriminator is not None:
                models = [self.models[row[self.discriminator]] for row in found.values()]
        except Exception as error:
            if not is_about_a_row(error):
                raise
            return None
        of_rows = zip(found.items(), models, strict=True)
        return [Stored(None, self._values(row), origin=key, model=model) for (key, row), model in of_rows]

    def _select(self, statement: Any) -> Any:
        """Return the statement that selects columns in place of instances.

        Return None if the statement does more than find the instances of the class.
        """
        own = self.mapped_class.select_all
        is_own = isinstance(statement, sa.Select) and [*map(id, statement._raw_columns)] == [*map(id, own._raw_columns)]
        if not is_own or not all(option in own._with_options for option in statement._with_options):
            return None
        selecting = statement.with_only_columns(*self.columns)
        selecting._with_options = ()  # they undefer columns
        if _is_of_one_table(self.mapped_class.mapper, selecting):
            selecting._propagate_attrs = NO_PLUGIN  # the ORM would add nothing to it, but cost half of the time
        return selecting

    def _values(self, row: Sequence[Any]) -> Values:
        """Return what ``MappedClass.values`` returns for the instance of a row."""
        found = dict(zip(self.names, row, strict=False))
        for name, decode in self.decoders:
            value = found[name]
            if value is not None:
                found[name] = decode(value)
        for name, parts_of, convert in self.composed:
            parts = parts_of(row)
            found[name] = None if None in parts else convert(parts) if convert is not None else parts
        return found


def _reader_of(mapped_class: MappedClass) -> RowReader | None:
    """Return the reader of a class. Return None if rows do not tell the values of its instances."""
    mapper, decoders = mapped_class.mapper, mapped_class.decoders
    first = [key for _, key, _ in decoders]
    keys = [*first, *(prop.key for prop in mapper.column_attrs if prop.key not in first)]
    below = [*mapper.self_and_descendants]
    if not (_loads_columns(mapper, keys) and all(_shows_alike(mapper, other) for other in below)):
        return None

    def getter(attributes: Sequence[str]) -> Callable[[Any], Any]:
        return itemgetter(*map(keys.index, attributes))

    known = mapper.polymorphic_map.items()
    on: Any = mapper.polymorphic_on
    return RowReader(
        mapped_class,
        columns=[mapper.column_attrs[key].class_attribute for key in keys],
        names=[name for name, _, _ in decoders],
        decoders=[(name, decode) for name, _, decode in decoders if decode is not None],
        composed=[(name, getter(mapped_class.attributes(name)), decode) for name, _, decode in mapped_class.composed],
        key_of=getter(key_attributes(mapper)),
        discriminator=None if on is None else keys.index(mapper.get_property_by_column(on).key),
        models={None: mapper.class_} | {identity: other.class_ for identity, other in known if other.isa(mapper)},
        managers=[other.class_manager for other in below],
    )


def _loads_columns(mapper: Mapper[Any], keys: Sequence[str]) -> bool:
    """Return whether a statement that selects the instances of a class selects columns of its rows alone.

    Args:
        mapper: the mapper of the class.
        keys: the attributes to select.
    """
    is_union = mapper.with_polymorphic is not None or any(other.concrete for other in mapper.self_and_descendants)
    props = [mapper.column_attrs.get(key) for key in keys]
    are_columns = all(prop is not None and ("instrument", True) in prop.strategy_key for prop in props)
    narrows = any(relation.lazy == "joined" and relation.innerjoin for relation in mapper.relationships)
    return are_columns and not is_union and not narrows


def _shows_alike(mapper: Mapper[Any], other: Mapper[Any]) -> bool:
    """Return whether instances of a class below have the values of the rows of the class ``mapper``."""
    pairs = [(prop.columns[0], other.column_attrs.get(prop.key)) for prop in mapper.column_attrs]
    is_same = all(theirs is not None and any(one is own for one in theirs.columns) for own, theirs in pairs)
    reads: Any = other.class_.__getattribute__
    return is_same and reads is object.__getattribute__


def _is_of_one_table(mapper: Mapper[Any], statement: sa.Select[Any]) -> bool:
    """Return whether a statement selects from the table of a class alone.

    To other tables, the ORM adds the conditions of the classes that share a table.
    """
    tables = {table for part in (*statement._raw_columns, *statement._where_criteria) for table in part._from_objects}
    is_whole = mapper.inherits is None and isinstance(mapper.selectable, sa.Table)
    return is_whole and tables <= {mapper.selectable} and not (statement._setup_joins or statement._from_obj)
