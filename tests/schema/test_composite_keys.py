from __future__ import annotations

from dataclasses import replace

import pytest

from bzz.schema.composite_keys import CompositeKey
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.parts import implied
from bzz.schema.relations import Reference
from bzz.schema.scalars import BYTES, DATE, INTEGER, STRING, integer
from tests.support.schemas import Model, Other, fields

KEY = CompositeKey((("order", INTEGER), ("code", STRING), ("day", DATE)))


@pytest.mark.parametrize("code", ["", "a", "~", "%", "%7E", "~%25~", "é/ ."])
def test_a_key_has_one_text(code: str) -> None:
    value = KEY.parse(("1", code, "2020-01-31"))
    text = KEY.dump(value)
    assert KEY.parse(text) == value
    assert text.count("~") == 2
    assert KEY.dump(KEY.parse(("1", "a~b%", "2020-01-31"))) == "1~a%7Eb%25~2020-01-31"


def test_the_parts_of_a_key_in_a_condition_have_no_bounds() -> None:
    key = CompositeKey((("size", replace(integer(0, 9), wider=INTEGER)),))
    assert key.unbounded.parse("10") == (10,)
    with pytest.raises(ValueError, match="from 0 to 9"):
        key.parse("10")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("1~a", "expected 3 values joined by '~'"),
        ("1~a~2020-01-31~", "expected 3 values joined by '~'"),
        ((1, "a"), "expected 3 values joined by '~'"),
        ((1, "a", None), "expected 3 values joined by '~'"),
        ("x~a~2020-01-31", "expected an integer"),
        ("1~%41~2020-01-31", "expected %25 for each % and %7E for each ~ inside a part"),
        (7, "expected a string"),
        ([1, "a", "2020-01-31"], "expected a string"),
        (f"1~{'a' * 512}~2020-01-31", "expected at most 512 characters"),
        ((1, "a" * 512, "2020-01-31"), "expected at most 512 characters"),
        ("~" * 513, "expected at most 512 characters"),
        ("%" * 513, "expected at most 512 characters"),
    ],
)
def test_what_is_no_key_is_refused(raw: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KEY.parse(raw)


@pytest.mark.parametrize(
    ("identifier", "known", "whole"),
    [
        ("a~2020-01-31", {"order": 1}, "1~a~2020-01-31"),
        ("%7E", {"order": 1, "day": KEY.parts[2][1].parse("2020-01-31")}, "1~%7E~2020-01-31"),
        ("1~a~2020-01-31", {"order": 2}, "1~a~2020-01-31"),
        ("a", {"order": 2}, "a"),
        ("a", {}, "a"),
        ("a", {"order": 1, "code": "b", "day": None}, "a"),
    ],
)
def test_the_rest_of_a_key_is_completed(identifier: str, known: dict[str, object], whole: str) -> None:
    assert KEY.complete(identifier, known) == whole


def test_a_part_that_a_url_cannot_contain_is_refused() -> None:
    declared = fields(
        Field("one~other", CompositeKey((("one", INTEGER), ("other", BYTES))), parts=("one", "other")),
        Field("one", INTEGER),
        Field("other", BYTES),
    )
    with pytest.raises(
        TypeError, match=r"Model\.other has parts or unknown values, so its values cannot be identifiers"
    ):
        make_schema(Model, declared, pk="one~other")


def test_the_parts_of_a_reference_make_it_and_are_made_by_it() -> None:
    pair = CompositeKey((("a", INTEGER), ("b", INTEGER)))
    schema = make_schema(
        Model,
        fields(
            Field("id", INTEGER),
            Field("one", INTEGER),
            Field("two", INTEGER),
            Field("single", Reference(lambda: Other, lambda: INTEGER), parts=("one",)),
            Field("double", Reference(lambda: Other, lambda: pair), parts=("one", "two")),
            Field("elsewhere", Reference(lambda: Other, lambda: INTEGER), parts=("covered",)),
        ),
        pk="id",
    )
    assert implied(schema, {"one": 1}, {}) == {"single": 1, "double": None}
    assert implied(schema, {"one": 1}, {"two": 2}) == {"single": 1, "double": (1, 2)}
    assert implied(schema, {"two": 4, "double": (3, 4)}, {"one": 1}) == {"one": 3, "single": 3}
    assert implied(schema, {"id": 1}, {"one": 1}) == {}
