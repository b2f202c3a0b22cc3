"""Row locks.

With a lock, no other transaction can write an instance between its load and the commit.

PostgreSQL, MySQL and others lock the row itself, with ``SELECT ... FOR UPDATE``. SQLite has no row locks. On SQLite,
the transaction begins with a write that changes nothing. This write locks the whole database for other writers until
the commit.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from bzz.exceptions import NotFound
from bzz.providers.sqlalchemy.column_codecs import SQLITE
from bzz.providers.sqlalchemy.keys import equal
from bzz.providers.sqlalchemy.loading import Visible, load_one
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.values import Address
from bzz.schema.errors import NO_INSTANCE


def load_locked(session: Session, mapped_class: MappedClass, address: Address, visible: Visible) -> Any:
    """Load the instance at ``address`` with its present values, and lock it.

    No other transaction can write the instance until this transaction ends.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
    """
    lock_database(session, mapped_class)
    instance = load_one(session, select_for_update(mapped_class, address.field), mapped_class, address)
    if visible is not None:
        is_same = equal(mapped_class.key, mapped_class.key_of(instance))
        statement = visible.where(is_same).with_only_columns(*mapped_class.key)
        if session.execute(statement).first() is None:
            raise NotFound(NO_INSTANCE)
    return instance


def lock_database(session: Session, mapped_class: MappedClass) -> None:
    """Lock SQLite's database for other writers.

    Do nothing on any other database, because other databases lock rows instead.
    """
    if session.get_bind(mapped_class.mapper).dialect.name == SQLITE:
        statement = mapped_class.once("write nothing", lambda: _write_nothing(mapped_class.mapper))
        session.execute(statement, bind_arguments={"mapper": mapped_class.mapper})


def select_for_update(mapped_class: MappedClass, name: str) -> sa.Select[Any]:
    """Return the statement that finds one instance and locks its row.

    The statement finds the instance by the field ``name``. It is built once.
    """
    return mapped_class.once(
        ("for update", name), lambda: for_update(mapped_class.select_by(name), mapped_class.mapper)
    )


def for_update(statement: Any, mapper: Mapper[Any]) -> Any:
    """Return ``statement`` with a lock on the rows that it finds.

    Only the rows in the mapper's table are locked. Other rows may still refer to the locked rows.
    """
    return statement.with_for_update(of=mapper.base_mapper.local_table, key_share=True)


def _write_nothing(mapper: Mapper[Any]) -> sa.Update:
    """Return an UPDATE that changes no row."""
    table: Any = mapper.base_mapper.local_table
    pk = mapper.base_mapper.primary_key[0]
    return sa.update(table).values({pk: pk}).where(sa.false())
