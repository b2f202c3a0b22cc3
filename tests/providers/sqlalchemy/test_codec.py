"""Values of types that bzz does not know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects import mysql

from bzz.providers.sqlalchemy.codec import ONLY_SHOWN, SHOWN
from tests.providers.sqlalchemy.kinds import dialect_types


class Secret:
    """Has no text."""


class Vector:
    """Compares in its own way."""

    def __eq__(self, other: object) -> Any:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "[1, 2]"


class Point(BaseModel):
    x: int


def test_a_value_of_an_unknown_class_is_shown_as_json_or_text() -> None:
    assert SHOWN.dump(timedelta(hours=1)) == "1:00:00"
    assert SHOWN.dump({"point": Point(x=1)}) == {"point": {"x": 1}}
    assert SHOWN.dump(Vector()) == "[1, 2]"


def test_a_value_without_a_text_is_shown_by_the_name_of_its_class() -> None:
    assert SHOWN.dump(Secret()) == "Secret"


def test_a_value_of_an_unknown_type_passes_untouched() -> None:
    for value in (timedelta(1), Secret(), Point(x=1), {"a": {1}}, 2**70):
        assert ONLY_SHOWN.type.parse(value) is value
    assert ONLY_SHOWN.type.merge({"a": 1}, {"b": 2}) == {"b": 2}


def test_a_column_has_the_type_that_a_variant_gives_it_in_its_database() -> None:
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql")
    assert isinstance(dialect_types("mysql").variant(kind), mysql.DATETIME)
    assert dialect_types("postgresql").variant(kind) is kind
    assert dialect_types(None).variant(kind) is kind
