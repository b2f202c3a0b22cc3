"""Values in conditions and cursors as the database stores them.

Other programs write values that SQLAlchemy reads in another form: ``2024-01-01T10:00`` in SQLite, where it writes
``2024-01-01 10:00:00.000000``. The database sorts by what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import eq, gt, lt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from bzz.exceptions import BadRequest
from bzz.providers.sqlalchemy.codec import MYSQL, POSTGRESQL, SQLITE
from bzz.providers.sqlalchemy.converted_types import converts
from bzz.providers.sqlalchemy.keys import compare

TAKEN: Mapping[str, tuple[type, ...]] = {SQLITE: (int, float, str, bytes), POSTGRESQL: (str,)}
ANY = (int, float, str, bytes, Decimal)
FORGED = "The cursor is of no list; begin again without it."
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {"eq": eq, "gt": gt, "lt": lt}


class Raw(sa.types.UserDefinedType[Any]):
    """The type of values that pass between the driver and bzz as they are."""

    cache_ok = True


RAW = Raw()


def as_stored(column: Any, dialect: str) -> Any:
    """Return the expression that selects what a column stores.

    PostgreSQL's drivers cannot read all values of its types, so the value is text there. MySQL shows 6 digits of a
    FLOAT.
    """
    if dialect == POSTGRESQL:
        return sa.cast(column, sa.Text())
    is_short = isinstance(column.type, sa.Float) and dialect in MYSQL
    return sa.type_coerce(sa.cast(column, sa.Double()) if is_short else column, RAW)


def stored_clause(columns: list[Any], operator: str, value: Any, dialect: str) -> Any:
    """Return the clause of a condition with a value as it is stored.

    Args:
        columns: the columns of the field.
        operator: ``eq``, ``gt`` or ``lt``.
        value: a value that ``parse_stored`` returned.
        dialect: the name of the database's dialect.

    Raises:
        BadRequest: the cursor is forged, and the value is none of these columns.
    """
    values = value if isinstance(value, tuple) else (value,)
    if len(values) != len(columns) or not all(isinstance(part, TAKEN.get(dialect, ANY)) for part in values):
        raise BadRequest(FORGED)
    columns, key = [*columns], [*values]
    for index, column in enumerate(columns):
        if dialect == POSTGRESQL:
            key[index] = sa.cast(sa.literal(key[index], sa.Text()), column.type)
        else:
            columns[index], key[index] = sa.type_coerce(column, RAW), sa.literal(key[index], RAW)
    if len(columns) > 1:
        return compare(columns, operator, key, dialect)
    return _COMPARISONS[operator](columns[0], key[0])


def is_exact(column_type: TypeEngine[Any], dialect: str) -> bool:
    """Return whether values of a column are read as they are stored, or so that the reader notices it.

    A type that is read through a function of its own is not exact.
    """
    if converts(column_type):
        return False
    if isinstance(column_type, TypeDecorator):
        return is_exact(column_type.impl_instance, dialect)
    for kinds, decide in _EXACT:
        if isinstance(column_type, kinds):
            return decide(column_type, dialect)
    return True


_EXACT: Sequence[tuple[tuple[type, ...], Callable[[Any, str], bool]]] = (  # a subclass comes before its base class
    ((sa.Float,), lambda kind, dialect: not kind.asdecimal and dialect in (SQLITE, POSTGRESQL)),  # MySQL: 6 digits
    ((sa.Numeric,), lambda kind, dialect: kind.asdecimal and dialect != SQLITE),
    ((sa.Time,), lambda kind, dialect: not kind.timezone and dialect != SQLITE),  # equal times are sorted by zone
    ((sa.DateTime, sa.Date), lambda _, dialect: dialect != SQLITE),
    ((sa.Boolean, sa.Uuid), lambda _, dialect: dialect == POSTGRESQL),  # others store numbers and text
)
