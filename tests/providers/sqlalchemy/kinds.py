"""Column types and dialects of the tests of codecs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from bzz.providers.sqlalchemy.codec import Codec, DialectTypes
from bzz.providers.sqlalchemy.column_codecs import codec_of

DIALECTS: dict[str, Any] = {"sqlite": sqlite, "postgresql": postgresql, "mysql": mysql}


def dialect_types(dialect: str | None, types: Any = None) -> DialectTypes:
    """Return what decides about codecs in a database without a connection."""
    return DialectTypes(DIALECTS[dialect].dialect() if dialect else None, types or {})


def codec(kind: Any, dialect: str | None, hint: Any = None) -> Codec:
    """Return the codec of a column type, for an attribute that is annotated with ``hint``."""
    made = kind() if isinstance(kind, type) else kind
    return codec_of(made, dialect_types(dialect), lambda: hint)


def sql_of(clause: Any) -> str:
    """Return the SQL of a clause in PostgreSQL, with the types of parameters."""
    return str(clause.compile(dialect=DIALECTS["postgresql"].asyncpg.dialect()))


TABLE = sa.table(
    "t",
    sa.column("text", sa.CHAR(5)),
    sa.column("small", sa.SmallInteger()),
    sa.column("real", sa.REAL()),
    sa.column("exact", sa.Numeric(10, 2)),
)
