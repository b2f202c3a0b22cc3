"""Stored values in cursors, as JSON."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import orjson
import pytest

from bzz.providers.stored_json import parse_stored, to_json


@pytest.mark.parametrize("value", [1, 1.5, "text", b"bytes", Decimal("1.50"), float("inf"), float("-inf")])
def test_json_carries_each_stored_value(value: Any) -> None:
    read = parse_stored(orjson.loads(orjson.dumps(to_json(value))))
    assert (type(read), read) == (type(value), value)


def test_null_stays_null_and_other_values_become_text() -> None:
    assert to_json(None) is None
    assert to_json(time(10)) == "10:00:00"
    assert to_json(True) == 1
