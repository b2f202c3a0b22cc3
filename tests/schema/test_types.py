from __future__ import annotations

from typing import Any

import pytest

from bzz.schema.containers import List
from bzz.schema.free_form import JSON
from bzz.schema.scalars import BOOLEAN, INTEGER, STRING
from bzz.schema.types import FormValue, dump_value, parse_text, parse_value, references_in
from tests.support.schemas import OTHER, Other, errors_in_field

NUMBERS = List(INTEGER)


@pytest.mark.parametrize(
    ("datatype", "raw", "value"),
    [
        (INTEGER, FormValue(("3",)), 3),
        (INTEGER, FormValue(("",)), None),
        (BOOLEAN, FormValue(("",)), None),
        (STRING, FormValue(("",)), ""),
        (STRING, FormValue((" a ",)), " a "),
        (NUMBERS, FormValue(("1", "2")), [1, 2]),
        (NUMBERS, FormValue(("1",)), [1]),
        (NUMBERS, FormValue(("",)), None),
        (JSON, FormValue(("",)), None),
        (JSON, FormValue(("1",)), "1"),
        (INTEGER, None, None),
    ],
)
def test_the_text_of_a_form_is_parsed_as_the_type_of_its_field(datatype: Any, raw: Any, value: Any) -> None:
    assert parse_value(datatype, raw) == value


def test_a_repeated_form_key_is_refused_unless_the_field_is_a_list() -> None:
    assert errors_in_field(parse_value, INTEGER, FormValue(("1", "2"))) == {"field": ["is given more than once"]}


def test_none_is_dumped_as_null() -> None:
    assert dump_value(NUMBERS, None) is None
    assert dump_value(NUMBERS, [1]) == [1]


def test_references_are_keyed_by_dotted_name() -> None:
    values = [("owner", OTHER, 1), ("members", List(OTHER), [2, 3]), ("gone", OTHER, None), ("age", INTEGER, 4)]
    assert [*references_in(values)] == [("owner", Other, 1), ("members.0", Other, 2), ("members.1", Other, 3)]


@pytest.mark.parametrize(("raw", "message"), [(3, "expected a string"), ("a\ud800", "lone surrogate")])
def test_text_must_be_a_string_that_utf_8_can_encode(raw: Any, message: str) -> None:
    assert parse_text("h\u00e9") == "h\u00e9"
    with pytest.raises(ValueError, match=message):
        parse_text(raw)
