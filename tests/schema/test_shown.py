from __future__ import annotations

from typing import Any

from bzz.schema.shown import Shown, json_of

SHOWN = Shown(plain=json_of)


class Odd:
    def __eq__(self, other: object) -> bool:
        raise TypeError

    __hash__ = object.__hash__


class Named:
    def __str__(self) -> str:
        return "a name"


def test_values_are_shown_as_json_or_text() -> None:
    assert SHOWN.dump({"a": [1, 1j, Named(), Odd()]}) == {"a": [1, "1j", "a name", "Odd"]}


def test_a_model_of_pydantic_is_shown_as_json() -> None:
    class Model:
        def model_dump(self, mode: str) -> Any:
            return {"mode": mode}

    assert SHOWN.dump([Model()]) == [{"mode": "json"}]


def test_receivers_set_any_value() -> None:
    value = Odd()
    assert SHOWN.parse(value) is value
    assert SHOWN.merge({"a": 1}, {"b": value}) == {"b": value}


def test_values_that_cannot_be_compared_differ() -> None:
    one: Any = Odd()
    assert SHOWN.same(one, one)
    assert not SHOWN.same(one, Odd())
    assert SHOWN.same([1j], [1j])
