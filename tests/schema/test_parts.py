"""The parts that several fields of an instance have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz.schema.composite_keys import CompositeKey
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.parts import implied, trespasses
from bzz.schema.relations import Reference
from bzz.schema.scalars import INTEGER
from bzz.schema.schema import Schema

BOTH = frozenset({"create", "update"})


class Model:
    pass


def described(*closed: str, **changes: Any) -> Schema:
    """Return the schema of a class with a reference to a shop, and one to an order of this shop."""
    pair = CompositeKey((("shop", INTEGER), ("no", INTEGER)))
    declared = {
        one.name: one
        for one in (
            Field("id", INTEGER),
            Field("note", INTEGER),
            Field("shop", Reference(lambda: Model, lambda: INTEGER), parts=("shop_id",), cleared=("shop_id",)),
            Field("order", Reference(lambda: Model, lambda: pair), parts=("shop_id", "no"), cleared=("no",)),
        )
    }
    for name in closed:
        declared[name] = replace(declared[name], closed=BOTH, **changes)
    return make_schema(Model, declared, pk="id")


@pytest.mark.parametrize(
    ("new", "old", "found"),
    [
        ({"order": (2, 1)}, {"shop": 1, "order": (1, 1)}, {"shop": 2}),
        ({"order": (2, 1)}, {}, {"shop": 2}),
        ({"shop": 2}, {"shop": 1, "order": (1, 3)}, {"order": (2, 3)}),
        ({"shop": 2}, {"shop": 1, "order": None}, {"order": None}),
        ({"shop": None}, {"shop": 1, "order": (1, 3)}, {"order": None}),
        ({"order": None}, {"shop": 1, "order": (1, 3)}, {}),
        ({"note": 2}, {"shop": 1, "order": (1, 3)}, {}),
    ],
)
def test_a_write_implies_the_values_of_other_fields(new: Any, old: Any, found: Any) -> None:
    assert implied(described(), new, old) == found


@pytest.mark.parametrize(
    ("sent", "old", "is_refused"),
    [
        ({"order": (2, 1)}, {"shop": 1, "order": (1, 1)}, True),
        ({"order": (1, 2)}, {"shop": 1, "order": (1, 1)}, False),
        ({"order": (1, 2)}, {"shop": 1, "order": None}, False),
        ({"order": (1, 2)}, {}, True),
        ({"order": None}, {"shop": 1, "order": (1, 1)}, False),
        ({"note": 2}, {"shop": 1}, False),
    ],
)
def test_an_update_must_not_change_a_part_of_a_closed_field(sent: Any, old: Any, is_refused: bool) -> None:
    text = ("order", "would change shop, which is read-only")
    assert [*trespasses(described("shop"), "update", sent, old)] == ([text] if is_refused else [])
    assert [*trespasses(described(), "update", sent, old)] == []


def test_the_value_of_a_hidden_field_is_not_compared() -> None:
    hidden, old = described("shop", readable=False), {"shop": 1, "order": None}
    assert [*trespasses(hidden, "update", {"order": (1, 2)}, old)] == [("order", "would change a read-only field")]


def test_a_new_instance_gets_no_part_of_a_closed_field_unless_a_receiver_has_decided() -> None:
    schema = described("shop")
    assert [*trespasses(schema, "create", {"order": None}, {})] == []
    assert [name for name, _ in trespasses(schema, "create", {"order": (1, 2)}, {})] == ["order"]
    assert [*trespasses(schema, "create", {"order": (1, 2)}, {}, decided={"shop": 1})] == []
