"""The encoding of values as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bzz.schema.encoding import encode


def test_dates_are_shown_in_utc_and_decimals_as_text() -> None:
    value = {"at": datetime(2026, 1, 1, tzinfo=UTC), "naive": datetime(2026, 1, 1), "d": Decimal("1.10"), 1: {2}}
    assert encode(value) == b'{"at":"2026-01-01T00:00:00Z","naive":"2026-01-01T00:00:00Z","d":"1.10","1":[2]}'


def test_an_object_that_json_has_no_form_for_is_refused() -> None:
    @dataclass
    class Secret:
        password: str

    for value in (Secret("x"), object(), [2**70, object()]):
        with pytest.raises(TypeError):
            encode(value)


def test_an_integer_has_all_its_digits() -> None:
    value = {"b": [2**70, -(2**70)], "a": {"at": datetime(2026, 1, 1), "d": Decimal("1.10")}}
    shown = {"b": [2**70, -(2**70)], "a": {"at": "2026-01-01T00:00:00Z", "d": "1.10"}}
    assert json.loads(encode(value)) == shown
    assert encode(value, sort_keys=True).startswith(b'{"a":')


def test_a_lone_surrogate_is_shown_as_its_escape() -> None:
    assert json.loads(encode({"\ud800": ["é\udfff", "é"]})) == {"\\ud800": ["é\\udfff", "é"]}
