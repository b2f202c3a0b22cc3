from __future__ import annotations

from enum import Enum
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.schema.enumerations import enumeration


class Color(Enum):
    RED = "red"
    TWO = 2


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


COLOR = enumeration(Color)


@pytest.mark.parametrize(
    ("raw", "member"),
    [("red", Color.RED), (2, Color.TWO), ("2", Color.TWO), (Color.RED, Color.RED)],
)
def test_a_member_is_parsed_from_its_value(raw: Any, member: Color) -> None:
    assert COLOR.parse(raw) is member


@pytest.mark.parametrize("raw", ["green", 2.0, ["red"]])
def test_a_value_of_no_member_is_refused_with_the_values_there_are(raw: Any) -> None:
    with pytest.raises(ValueError, match="expected one of red, 2"):
        COLOR.parse(raw)


@given(st.sampled_from(Color))
def test_a_dumped_member_is_json_and_is_parsed_to_the_same(member: Color) -> None:
    assert COLOR.parse(orjson.loads(orjson.dumps(COLOR.dump(member)))) is member


def test_a_stored_value_of_no_member_is_shown_as_it_is() -> None:
    assert COLOR.dump("green") == "green"


def test_members_with_values_of_one_kind_can_be_sorted() -> None:
    assert enumeration(Size).sortable
    assert not COLOR.sortable
