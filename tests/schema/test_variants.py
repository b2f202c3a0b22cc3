"""Variants: the schemas of instances whose own class inherits from the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.resources.options import restrict
from bzz.schema.schema import Schema
from tests.support.schemas import SCHEMA, Model

VALUES = {"key": 1, "name": "Ada", "age": 36}


class Special(Model):
    """Has a representation of its own."""

    def to_dict(self) -> dict[str, Any]:
        return {"special": True}


class Shy(Model):
    """Shows fewer fields."""


class Shyer(Shy):
    """Has no variant."""


class Secret(Model):
    """Is not shown."""


def shown(schema: Schema, instance: Any) -> Any:
    variant = schema.variant_of(type(instance))
    body = variant and variant.represent(VALUES, instance)
    return body and {key: value for key, value in body.items() if value}


VARIED = replace(
    SCHEMA,
    variants={
        Special: replace(SCHEMA, model=Special, represented_by="to_dict"),
        Shy: replace(restrict(SCHEMA, exclude=["age"]), model=Shy, variants={Shyer: SCHEMA}),
        Secret: None,
    },
)


def test_the_nearest_variant_makes_the_representation() -> None:
    everything = {"id": 1, "name": "Ada", "age": 36}
    assert shown(VARIED, Model()) == everything
    assert shown(VARIED, None) == everything
    assert shown(VARIED, Special()) == {"special": True}
    assert shown(VARIED, Shy()) == shown(VARIED, Shyer()) == {"id": 1, "name": "Ada"}
    assert shown(VARIED, Secret()) is None


def test_a_class_without_a_variant_has_the_schema_of_the_nearest_class() -> None:
    assert VARIED.variant_of(Model) is VARIED
    assert VARIED.variant_of(Shyer) is VARIED.variants[Shy]
    assert VARIED.variant_of(Secret) is None
    assert SCHEMA.variant_of(Special) is SCHEMA
