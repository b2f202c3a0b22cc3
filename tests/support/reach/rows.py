"""Random rows to begin with."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.support.reach import changes, plan
from tests.support.reach.state import Markers, Row, State

SHADES = (0, 0, 0, 0, 0, 0, 1, 2)


def draw_state(rng: Random, markers: Markers) -> State:
    """Draw some rows of each class, whose texts come from ``markers``."""
    state = State()
    for model in plan.NAMES:
        for _ in range(rng.randint(2, 4)):
            _add(rng, markers, state, model)
    pairs = [(one["id"], two["id"]) for one in state.all("Project") for two in state.all("Label")]
    state.links = {pair for pair in pairs if not rng.randrange(3)}
    return state


def _add(rng: Random, markers: Markers, state: State, model: str) -> None:
    """Add a row, unless the database would refuse it."""
    held = state.rows[plan.table(model)]
    key = max(held, default=100 * (plan.TABLES.index(plan.table(model)) + 1)) + 1
    row: Row = {"model": model, "id": key, **{name: markers() for name in plan.scalars(model)}}
    row["shade"] = rng.choice(SHADES)
    for one in plan.references(model):
        row[one.name] = rng.choice(_keys(state, row, one))
    held[key] = row
    if changes.has_twins(state):
        del held[key]


def _keys(state: State, row: Row, relation: plan.Relation) -> list[Any]:
    """Return the values that a reference of a new row may have."""
    keys = [found["id"] for found in state.all(relation.target)]
    keys = [key for key in keys if changes.holder(state, row, relation, key) is None]
    return keys if relation.is_required else [*keys, *keys, None]
