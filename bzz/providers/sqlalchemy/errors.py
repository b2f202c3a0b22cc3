"""SQLAlchemy's errors, and those of the drivers below it, as bzz's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from socket import gaierror
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import FlushError, StaleDataError

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound, Unavailable
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.relationships import Relationship
from bzz.schema.errors import NO_INSTANCE

TAKEN, MISSING, DANGLING, REFUSED = "is taken", "is required", "refers to what does not exist", "is not allowed"
MESSAGES = {  # by SQLSTATE (ISO 9075), by what SQLite calls its error, by MySQL's number
    "23505": TAKEN,
    "23502": MISSING,
    "23503": DANGLING,
    "23514": REFUSED,
    "SQLITE_CONSTRAINT_UNIQUE": TAKEN,
    "SQLITE_CONSTRAINT_PRIMARYKEY": TAKEN,
    "SQLITE_CONSTRAINT_ROWID": TAKEN,
    "SQLITE_CONSTRAINT_NOTNULL": MISSING,
    "SQLITE_CONSTRAINT_FOREIGNKEY": DANGLING,
    "SQLITE_CONSTRAINT_CHECK": REFUSED,
    "1062": TAKEN,
    "1048": MISSING,
    "1364": MISSING,
    "1452": DANGLING,
    "3819": REFUSED,
    "4025": REFUSED,
}
OTHERS_WRITE = {"40001", "40P01", "55P03", "1205", "1213"}  # serialization, deadlock, lock
AWAY = re.compile(  # connection, read-only, resources, operator; SQLite that is busy or has no disk; MySQL's client
    "08...|25006|3D000|53...|57...|58...|SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|FULL|READONLY|PROTOCOL).*|20[0-9]{2}|1040|1053"
)
COLUMNS = [  # how each database says which columns an error is about
    re.compile(pattern)
    for pattern in (
        r"Key \(([^)]+)\)=",
        r'column "([^"]+)"',
        r"[Cc]heck constraint ['\"]([^'\"]+)['\"]",
        r"constraint failed: ([\w., ]+)",
        r"Column '([^']+)'",
        r"Field '([^']+)'",
        r"FOREIGN KEY \(`([^`]+)`\)",
        r"for key '([^']+)'",
    )
]


@contextmanager
def translated(mapped: MappedClass, given: Collection[str] | None = None, *, is_delete: bool = False) -> Iterator[None]:
    """Raise what the block raises as bzz's own errors; errors of the user's own code pass.

    Args:
        mapped: of the instances in hand.
        given: names of the fields that a write is given; None for a read.
        is_delete: whether it is a delete, which fails if others refer to what is deleted.

    Raises:
        NotFound, Conflict, Invalid, Unavailable: as ``Provider``.
    """
    try:
        yield
    except StaleDataError as error:
        raise NotFound(NO_INSTANCE) from error
    except FlushError as error:
        raise Conflict("The store has such an instance already.") from error
    except AssertionError as error:  # SQLAlchemy's, of members that are known by the key they are to lose
        if not (is_delete and "blank-out primary key" in str(error)):
            raise
        raise Conflict("Others refer to it.") from error
    except sa.exc.TimeoutError as error:
        raise Unavailable("All connections to the store are in use.") from error
    except sa.exc.StatementError as error:
        if isinstance(error, sa.exc.IntegrityError) or _code(error) in MESSAGES:
            if is_delete:
                raise Conflict("Others refer to it.") from error
            raise _constraint(mapped, error, given) from error
        failure = _failure(error, is_write=given is not None)
        if failure is None:
            raise
        raise failure from error
    except (ConnectionError, TimeoutError, gaierror) as error:  # of what connects, before SQLAlchemy could translate it
        raise Unavailable("The store cannot be reached.") from error


def _failure(error: sa.exc.StatementError, *, is_write: bool) -> BzzError | None:
    """Return what a statement that failed means to the client; None if it is a mistake of the application."""
    after = " The write may have happened." if is_write else ""
    code = _code(error)
    if code in OTHERS_WRITE:
        return Conflict("Others are writing the same instances; nothing was written.")
    if getattr(error, "connection_invalidated", False) or AWAY.fullmatch(code):
        return Unavailable(f"The store does not answer.{after}")
    if isinstance(error, sa.exc.DataError) or isinstance(error.orig, ValueError) or code.startswith("22"):
        return Invalid("The store does not take such a value.")
    if isinstance(error, sa.exc.OperationalError) and not code:
        return Unavailable(f"The store cannot be reached.{after if error.statement else ''}")
    return None


def _constraint(mapped: MappedClass, error: sa.exc.StatementError, given: Collection[str] | None) -> BzzError:
    kind = MESSAGES.get(_code(error))
    if kind is None:
        return Conflict("A constraint of the store forbids it.")
    cause = getattr(error.orig, "__cause__", None)  # asyncpg's own, which says more
    names = _fields(mapped, f"{error.orig} {getattr(cause, 'detail', '')}")
    errors = mapped.schema.visible_errors({name: [kind] for name in names}, given)
    if kind is TAKEN:
        return Conflict("A value is taken.", errors=errors)
    return Invalid("The input is not valid." if errors else "A constraint of the store forbids it.", errors=errors)


def _code(error: sa.exc.StatementError) -> str:
    """Return the code of the error, as its driver has it."""
    cause: Any = error.orig
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    if code is None and cause is not None and cause.args and isinstance(cause.args[0], int):
        code = cause.args[0]
    return str(code or "")


def _fields(mapped: MappedClass, message: str) -> list[str]:
    """Return the names of the fields whose columns a message names."""
    found = next((match[1] for pattern in COLUMNS if (match := pattern.search(message))), "")
    columns = [part.strip(' "`').rpartition(".")[2] for part in found.split(",")]
    names = _names(mapped.mapper, mapped.relations.values())
    columns = [*columns, *(column for name in columns for column in _checked(mapped.mapper, name))]
    return [names[column] for column in columns if column in names]


def _names(mapper: Mapper[Any], relations: Collection[Relationship]) -> dict[str, str]:
    """Return the names of fields by those of their columns."""
    held = {relation.key: relation.name for relation in relations if relation.key}
    return {
        column.name: held.get(prop.key, prop.key)
        for prop in mapper.column_attrs
        for column in prop.columns
        if isinstance(column, sa.Column)
    }


def _checked(mapper: Mapper[Any], name: str) -> list[str]:
    """Return the name of the column that the check constraint ``name`` is about, if it is one and about one."""
    for table in mapper.tables:
        columns: Any = table.columns
        for column in columns:
            if any(constraint.name == name for constraint in column.constraints):
                return [column.name]
        for constraint in getattr(table, "constraints", ()):
            if constraint.name == name and isinstance(constraint, sa.CheckConstraint):
                words = {*re.findall(r"\w+", str(constraint.sqltext))}
                found = [column.name for column in columns if column.name in words]
                return found if len(found) == 1 else []
    return []
