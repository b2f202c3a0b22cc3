"""Errors of SQLAlchemy and of database drivers, translated into those of bzz."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from socket import gaierror
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import FlushError, StaleDataError, UnmappedColumnError

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound, Unavailable
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.free_form import Json

TAKEN, MISSING, REFUSED = "is taken", "is required", "is not allowed"
DANGLING = "refers to an instance that does not exist"
REFERRED = "Other instances refer to this one; delete them or change their references."
PRIMARY = "PRIMARY"  # the name of each primary key in MySQL and MariaDB
STORED = "An instance with this primary key is already stored."
CIRCULAR = "These instances refer to each other in a circle, so no order of writes is right; clear a reference first."
UNSETTLED = "The mapping of a relation does not say what happens to its members; so this instance cannot be deleted."
MESSAGES = {  # keys: SQLSTATE (ISO 9075), SQLite's error name, MySQL's error number
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
CONTENDED = {"40001", "40P01", "55P03", "1205", "1213"}  # serialization failure, deadlock, lock not available
WRONG_VALUES = {"1264", "1292", "1366", "1406"}  # of MySQL: out of range, incorrect, incorrect, too long
UNAVAILABLE = re.compile(  # connection, read-only, resources, operator; then errors of SQLite and MySQL's client
    "08...|25006|3D000|53...|57...|58...|SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|FULL|READONLY|PROTOCOL).*|20[0-9]{2}|1040|1053"
)
COLUMNS = [  # they find the names of the columns in the error messages of each database
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
def translated(mapped_class: MappedClass, *, is_write: bool = False, is_delete: bool = False) -> Iterator[None]:
    """Translate errors that the block raises.

    Errors of the application's own code are not translated.

    Args:
        mapped_class: the class of the instances.
        is_write: whether the block writes.
        is_delete: whether the block deletes an instance. A broken constraint then means that other instances refer to
            this instance.

    Raises:
        NotFound, Conflict, Invalid, Unavailable: see ``Provider``.
    """
    try:
        yield
    except (StaleDataError, FlushError, sa.exc.CircularDependencyError) as error:
        raise _flush_error(error) from error
    except AssertionError as error:  # the delete would clear a foreign key that is also a member's primary key
        if not (is_delete and "blank-out primary key" in str(error)):
            raise
        raise Conflict(REFERRED) from error
    except sa.exc.InvalidRequestError as error:  # the delete would load write-only members, or clear no attribute
        if not (is_delete and ("passive_deletes" in str(error) or isinstance(error, UnmappedColumnError))):
            raise
        raise Conflict(UNSETTLED) from error
    except sa.exc.TimeoutError as error:
        raise Unavailable("All connections to the store are in use.") from error
    except sa.exc.StatementError as error:
        if isinstance(error, sa.exc.IntegrityError) or _code(error) in MESSAGES:
            if is_delete:
                raise Conflict(REFERRED) from error
            raise _constraint_error(mapped_class, error) from error
        failure = _statement_error(error, is_write=is_write)
        if failure is None:
            raise
        raise failure from error
    except (ConnectionError, TimeoutError, gaierror) as error:  # raised by drivers before SQLAlchemy can translate them
        raise Unavailable("The store cannot be reached.") from error


def _flush_error(error: Exception) -> BzzError:
    """Return the error for instances that SQLAlchemy cannot write."""
    if isinstance(error, StaleDataError):
        return NotFound(NO_INSTANCE)
    return Conflict(STORED if isinstance(error, FlushError) else CIRCULAR)


@contextmanager
def all_missing(mapped_class: MappedClass, instance: Any) -> Iterator[None]:
    """Name all fields without a value in one error.

    The database itself names only the first of them.

    Args:
        mapped_class: the class of the instance.
        instance: the new instance that the block stores.

    Raises:
        Invalid: the database refused the instance, because a field has no value.
    """
    try:
        yield
    except sa.exc.StatementError as error:
        names = mapped_class.missing(instance) if MESSAGES.get(_code(error)) is MISSING else []
        if not names:
            raise
        raise Invalid(errors={name: [MISSING] for name in names}) from error


@contextmanager
def untyped(mapped_class: MappedClass, data: Collection[str]) -> Iterator[None]:
    """Name the hybrids whose setters took a value of which the driver cannot store what they made.

    Only an annotation says the type of a hybrid. Without one, any JSON reaches the setter.

    Args:
        mapped_class: the class of the instance.
        data: the names of the fields that the block stores.

    Raises:
        Invalid: the driver does not know a type.
    """
    try:
        yield
    except sa.exc.StatementError as error:
        fields = mapped_class.schema.fields
        names = [name for name in data if name in mapped_class.setters and isinstance(fields[name].type, Json)]
        is_type = _code(error) in ("", "22000") and not isinstance(error, sa.exc.OperationalError)
        if not (names and is_type):
            raise
        raise Invalid(errors={name: ["cannot take this value"] for name in names}) from error


def _statement_error(error: sa.exc.StatementError, *, is_write: bool) -> BzzError | None:
    """Return bzz's error for a failed statement.

    Return None if the application made a mistake.
    """
    after = " The write may have happened." if is_write else ""
    code = _code(error)
    if code in CONTENDED:
        return Conflict("Another request is writing the same instances; nothing was written, so try again.")
    if getattr(error, "connection_invalidated", False) or UNAVAILABLE.fullmatch(code):
        return Unavailable(f"The store does not answer.{after}")
    is_wrong = isinstance(error, sa.exc.DataError) or isinstance(error.orig, ValueError)
    if is_wrong or code.startswith("22") or code in WRONG_VALUES:
        return Invalid("The store does not take such a value.")
    if isinstance(error, sa.exc.OperationalError) and not code:
        return Unavailable(f"The store cannot be reached.{after if error.statement else ''}")
    return None


def _constraint_error(mapped_class: MappedClass, error: sa.exc.StatementError) -> BzzError:
    """Return the error for a broken constraint.

    It has an entry for each field that the message names.
    """
    kind = MESSAGES.get(_code(error))
    if kind is None:
        return Conflict("A constraint of the store forbids it.")
    cause = getattr(error.orig, "__cause__", None)  # asyncpg's own error contains more details
    names = _fields_of(mapped_class, f"{error.orig} {getattr(cause, 'detail', '')}")
    errors = {name: [kind] for name in names}
    if kind is TAKEN:
        return Conflict("A value is taken.", errors=errors)
    return Invalid("The input is not valid." if errors else "A constraint of the store forbids it.", errors=errors)


def _code(error: sa.exc.StatementError) -> str:
    """Return the driver's code of an error.

    Return an empty text if the error has no code.
    """
    cause: Any = error.orig
    number = cause.args[0] if cause is not None and cause.args and isinstance(cause.args[0], int) else None
    return str(number or getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")


def _fields_of(mapped_class: MappedClass, message: str) -> list[str]:
    """Return the names of the fields whose columns are in ``message``."""
    found = next((match[1] for pattern in COLUMNS if (match := pattern.search(message))), "")
    columns = [part.strip(' "`').rpartition(".")[2] for part in found.split(",")]
    names = _fields_by_column(mapped_class)
    columns = [*columns, *(column for name in columns for column in _constrained_columns(mapped_class.mapper, name))]
    return [names[column] for column in columns if column in names]


def _fields_by_column(mapped_class: MappedClass) -> dict[str, str]:
    """Return a dict from column name to field name."""
    return {
        column.name: mapped_class.field_names.get(prop.key, prop.key)
        for prop in mapped_class.mapper.column_attrs
        for column in prop.columns
        if isinstance(column, sa.Column)
    }


def _constrained_columns(mapper: Mapper[Any], name: str) -> list[str]:
    """Return the columns of the key or index ``name``, or the column that the check ``name`` is about.

    The list is empty if there is no such constraint, or if a check is about several columns.
    """
    for table in mapper.tables:
        if name == PRIMARY:
            return [column.name for column in table.primary_key]
        columns: Any = table.columns
        for column in columns:
            if any(constraint.name == name for constraint in column.constraints):
                return [column.name]
        for constraint in (*getattr(table, "constraints", ()), *getattr(table, "indexes", ())):
            if constraint.name == name:
                return _columns_of(constraint, columns)
    return []


def _columns_of(constraint: Any, columns: Any) -> list[str]:
    if not isinstance(constraint, sa.CheckConstraint):
        return [column.name for column in constraint.columns]
    words = {*re.findall(r"\w+", str(constraint.sqltext))}
    found = [column.name for column in columns if column.name in words]
    return found if len(found) == 1 else []
