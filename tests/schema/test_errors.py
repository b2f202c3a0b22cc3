from __future__ import annotations

import pytest

from bzz.exceptions import Invalid
from bzz.schema.containers import List
from bzz.schema.errors import MAX_ERRORS, add_error, raise_if_invalid
from bzz.schema.scalars import INTEGER
from tests.support.schemas import errors_of

NUMBERS = List(INTEGER)


def test_an_inner_error_keeps_its_dotted_name() -> None:
    errors: dict[str, list[str]] = {}
    add_error(errors, "a", Invalid(errors={"b.c": ["no"]}))
    add_error(errors, "d", ValueError("neither"))
    assert errors == {"a.b.c": ["no"], "d": ["neither"]}


def test_parsing_ends_after_a_hundred_errors() -> None:
    for datatype, raw in ((NUMBERS, ["x"] * 100_000), (List(NUMBERS), [["x"] * 60] * 1000)):
        with pytest.raises(Invalid) as caught:
            datatype.parse(raw)
        assert len(caught.value.errors) == 100


def test_values_of_read_only_fields_are_errors() -> None:
    raise_if_invalid({}, ())
    assert errors_of(raise_if_invalid, {"age": ["is old"]}, [("id", 7)]) == {"age": ["is old"], "id": ["is read-only"]}
    assert len(errors_of(raise_if_invalid, {}, ((str(number), number) for number in range(1000)))) == MAX_ERRORS
