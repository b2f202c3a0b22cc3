"""The codecs of columns with text."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from bzz.providers.sqlalchemy.codec import MYSQL, ONLY_SHOWN, POSTGRESQL, Codec, DialectTypes
from bzz.schema import scalars
from bzz.schema.enumerations import enumeration
from bzz.schema.scalars import Scalar
from bzz.schema.types import parse_text


class Padded(sa.types.UserDefinedType[str]):
    """The type of parameters that PostgreSQL compares with a ``CHAR`` column.

    SQLAlchemy renders no cast for it. A cast would keep PostgreSQL from the column's index.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type in SQL."""
        return "BPCHAR"


def string_codec(column_type: sa.String, dialect: DialectTypes) -> Codec:
    """Return the codec of a column with text.

    In PostgreSQL and MySQL, blanks at the end of a ``CHAR`` are no part of its value.
    """
    if column_type.__visit_name__ == "SET":  # of MySQL: its values are sets
        return ONLY_SHOWN
    is_padded = is_padded_text(column_type, dialect)
    longest = column_type.length or (1 if is_padded else None)
    wider = replace(scalars.STRING, parser=partial(_parse_string, longest=None, is_padded=is_padded))
    bounds = {} if longest is None else {"maxLength": longest}
    parse = partial(_parse_string, longest=longest, is_padded=is_padded)
    bounded = replace(wider, parser=parse, wider=wider, bounds=bounds)
    if not is_padded:
        return Codec(bounded)
    return Codec(bounded, decode=_unpadded, bind=Padded() if dialect.name == POSTGRESQL else None)


def is_padded_text(column_type: Any, dialect: DialectTypes) -> bool:
    """Return whether blanks at the end of a column's values are no part of them."""
    return isinstance(column_type, (sa.CHAR, sa.NCHAR)) and dialect.name in (POSTGRESQL, *MYSQL)


def _unpadded(value: str) -> str:
    return value.rstrip(" ")


def _parse_string(raw: Any, longest: int | None, *, is_padded: bool) -> str:
    value = parse_text(raw)
    if "\0" in value:
        raise ValueError("must not contain NUL")
    if is_padded:
        value = _unpadded(value)
    if longest is not None and len(value) > longest:
        raise ValueError(f"expected at most {longest} characters")
    return value


def enum_codec(column_type: sa.Enum, _: DialectTypes) -> Codec:
    """Return the codec of a column with an enumeration."""
    if column_type.enum_class is not None and hasattr(column_type.enum_class, "__members__"):
        return Codec(enumeration(column_type.enum_class))
    allowed = [str(name) for name in column_type.enums]

    def parse_choice(raw: Any) -> str:
        if raw not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return str(raw)

    return Codec(Scalar("enumeration", parse_choice, members={name: name for name in allowed}))
