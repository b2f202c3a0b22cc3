"""Rows that SQLAlchemy cannot load: a member that an enumeration has lost, a text that is no date or no JSON.

One such row makes a whole statement fail. Its rows are then loaded one by one, and the columns of a broken row, too. A
column that cannot be loaded counts as null.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm.loading
import sqlalchemy.orm.strategies
from sqlalchemy.orm import Mapper, Session, lazyload, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from bzz.exceptions import BzzError, Conflict
from bzz.providers.sqlalchemy.keys import key_from, parameters
from bzz.providers.sqlalchemy.mapped_class import MappedClass

logger = logging.getLogger("bzz")
BROKEN = "bzz: broken"  # in ``Session.info``: a dict from the id of each broken instance to the instance
POPULATE = {"populate_existing": True}
LOADING = {sqlalchemy.orm.loading.__file__, sqlalchemy.orm.strategies.__file__}  # asyncpg reads values before the ORM
RELATED = "The application cannot load an instance that would change with this one; repair it in the store."
UNREADABLE = ("decode", "year ")  # in errors of drivers that cannot read what the database sends


def is_about_a_row(error: Exception) -> bool:
    """Return whether an error may come from one stored value, and not from the statement or the connection."""
    if isinstance(error, (BzzError, ConnectionError, TimeoutError, sa.exc.TimeoutError)):
        return False
    if isinstance(error, sa.exc.DBAPIError):
        return not error.connection_invalidated and any(word in str(error.orig) for word in UNREADABLE)
    return not isinstance(error, (sa.exc.StatementError, sa.exc.CompileError, sa.exc.ArgumentError))


def load_each(session: Session, mapped_class: MappedClass, statement: Any, given: Any) -> Iterator[Any]:
    """Yield the instances that a statement finds, and load each alone.

    Args:
        session: the session of the instances.
        mapped_class: the class of the instances.
        statement: a statement that cannot be loaded as a whole. It may lock rows.
        given: the parameters of the statement.
    """
    keys = session.execute(statement.with_only_columns(*mapped_class.key), given).all()
    one = mapped_class.once("alone", lambda: _select_alone(mapped_class))
    for key in dict.fromkeys(map(key_from, keys)):
        where = parameters(key, len(mapped_class.key))
        try:
            yield from session.scalars(one, where, execution_options=POPULATE).unique().all()
        except Exception as error:
            if not is_about_a_row(error):
                raise
            logger.warning("%s %s cannot be loaded", mapped_class.mapper.class_.__name__, key, exc_info=True)
            yield _load_parts(session, mapped_class, where)


@contextmanager
def related_rows() -> Iterator[None]:
    """Turn errors of related rows that SQLAlchemy loads in the block, to change or delete them, into ``Conflict``.

    Raises:
        Conflict: such a row cannot be loaded.
    """
    try:
        yield
    except Exception as error:
        frames = (frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__))
        if not (is_about_a_row(error) and any(name in LOADING for name in frames)):
            raise
        logger.warning("A related row cannot be loaded", exc_info=True)
        raise Conflict(RELATED) from error


def mark_whole(session: Session, instances: Sequence[Any]) -> None:
    """Note that instances, which may have been broken before, are loaded as a whole."""
    for instance in instances:
        session.info[BROKEN].pop(id(instance), None)


def is_broken(session: Session, instance: Any) -> bool:
    """Return whether an instance of the session could not be loaded as a whole."""
    return id(instance) in session.info.get(BROKEN, ())


def _select_alone(mapped_class: MappedClass) -> Any:
    """Return the statement that finds one instance by its primary key, and loads nothing else with it."""
    return mapped_class.select_by(str(mapped_class.schema.pk)).options(lazyload("*"))


def _load_parts(session: Session, mapped_class: MappedClass, where: dict[str, Any]) -> Any:
    """Return an instance with those values of its row that can be loaded. The other values are None."""
    mapper = _mapper_of_row(session, mapped_class, where)
    keys = [prop.key for prop in mapped_class.mapper.column_attrs if prop.key in mapper.column_attrs]
    columns = {key: getattr(mapped_class.mapper.class_, key) for key in keys}
    values = {key: _value(session, mapped_class, column, where) for key, column in columns.items()}
    held = session.identity_map.get(mapper.identity_key_from_primary_key(tuple(where.values())))
    if held is not None:
        session.expunge(held)
    instance: Any = mapper.class_manager.new_instance()
    for attribute, value in values.items():
        set_committed_value(instance, attribute, value)
    make_transient_to_detached(instance)
    session.add(instance)
    session.info.setdefault(BROKEN, {})[id(instance)] = instance
    return instance


def _mapper_of_row(session: Session, mapped_class: MappedClass, where: dict[str, Any]) -> Mapper[Any]:
    """Return the mapper of a row's own class. Without a known discriminator, it is the mapper of the class itself."""
    mapper = mapped_class.mapper
    if mapper.polymorphic_on is None:
        return mapper
    identity = _value(session, mapped_class, mapper.polymorphic_on, where)
    return mapper.polymorphic_map.get(identity, mapper)


def _value(session: Session, mapped_class: MappedClass, column: Any, where: dict[str, Any]) -> Any:
    statement = sa.select(column).select_from(mapped_class.mapper.class_)
    statement = statement.where(mapped_class.equals(str(mapped_class.schema.pk)))
    try:
        return session.scalar(statement, where)
    except Exception as error:
        if not is_about_a_row(error):
            raise
        return None
