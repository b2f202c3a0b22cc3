"""Oracle: the changes of rows that acts make, as the mappings say."""

from __future__ import annotations

from typing import Any

from tests.support.reach import plan
from tests.support.reach.plan import Stored
from tests.support.reach.state import Row, State

BETWEEN, HERE, THERE = plan.BETWEEN
LINKED = ("Project", "Label")  # the classes that links join


def insert(state: State, model: str, values: dict[str, Any]) -> Row:
    """Store a new row. SQLite gives it the key after the greatest one."""
    held = state.rows[plan.table(model)]
    empty = dict.fromkeys([*plan.scalars(model), *(one.name for one in plan.references(model))])
    defaults = {name: value for name, value in plan.DEFAULTS.items() if name in empty}
    stored = {name: value for name, value in values.items() if name in empty}
    row = {"model": model, "id": max(held, default=0) + 1, **empty, **defaults, **stored}
    held[row["id"]] = row
    for name in values.keys() - stored.keys():
        link(state, row, plan.relations(model)[name], values[name])
    return row


def delete(state: State, row: Row) -> bool:
    """Delete a row, and tell whether the references of other rows allow it.

    The members of its relations lose their reference, or are deleted as its parts.
    """
    model, key = plan.table(row["model"]), row["id"]
    del state.rows[model][key]
    sides = [side for side, name in enumerate(LINKED) if name == model]
    state.links = {pair for pair in state.links if all(pair[side] != key for side in sides)}
    for relation in plan.relations(model).values():
        for member in state.members(row, relation) if relation.stored is Stored.THERE else ():
            if relation.is_part:
                delete(state, member)
            else:
                member[str(relation.mirror)] = None
        if relation.stored is Stored.ROWS:
            state.rows[BETWEEN] = {one: held for one, held in state.rows[BETWEEN].items() if held[HERE] != key}
    return not any(
        held[one.name] == key
        for name in plan.TABLES
        for one in plan.references(name)
        if one.target == model
        for held in state.all(name)
    )


def link(state: State, row: Row, relation: plan.Relation, keys: list[int]) -> None:
    """Let a many-to-many of a row contain ``keys`` alone."""
    side = 0 if relation.target == "Label" else 1
    kept = {pair for pair in state.links if pair[side] != row["id"]}
    state.links = kept | {(row["id"], key) if side == 0 else (key, row["id"]) for key in keys}


def join(state: State, parent: Row, relation: plan.Relation, keys: list[int]) -> None:
    """Let rows join a relation."""
    if relation.stored is Stored.HERE:
        refer(state, parent, relation, keys[0])
    elif relation.stored is Stored.LINKS:
        link(state, parent, relation, [*(one["id"] for one in state.members(parent, relation)), *keys])
    elif relation.stored is Stored.ROWS:
        held = {one["id"] for one in state.members(parent, relation)}
        for key in dict.fromkeys(keys):
            if key not in held:
                insert(state, BETWEEN, {HERE: parent["id"], THERE: key})
    else:
        for key in keys:
            member = state.rows[relation.target][key]
            refer(state, member, plan.relations(relation.target)[str(relation.mirror)], parent["id"])


def leave(state: State, parent: Row, relation: plan.Relation, member: Row) -> None:
    """Let a row leave a relation."""
    if relation.stored is Stored.HERE:
        parent[relation.name] = None
    elif relation.stored is Stored.LINKS:
        link(state, parent, relation, [one["id"] for one in state.members(parent, relation) if one is not member])
    elif relation.stored is Stored.ROWS:
        for row in state.all(BETWEEN):
            if (row[HERE], row[THERE]) == (parent["id"], member["id"]):
                del state.rows[BETWEEN][row["id"]]
    elif relation.is_part:
        delete(state, member)
    else:
        member[str(relation.mirror)] = None


def refer(state: State, row: Row, relation: plan.Relation, key: int | None) -> None:
    """Set a reference of a row. In a one-to-one relation, the row that had the place loses it."""
    if (old := holder(state, row, relation, key)) is not None:
        old[relation.name] = None
    row[relation.name] = key


def holder(state: State, row: Row | None, relation: plan.Relation, key: int | None) -> Row | None:
    """Return another row that has the place in a one-to-one relation, if there is one."""
    if not relation.is_unique or key is None:
        return None
    model = plan.relations(relation.target)[str(relation.mirror)].target
    others = [one for one in state.all(model) if one is not row and one[relation.name] == key]
    return next((one for one in others if row is None or one["id"] != row["id"]), None)


def has_twins(state: State) -> bool:
    """Tell whether two rows share values that the database keeps unique."""
    for model, names in plan.UNIQUE.items():
        held = [tuple(row[name] for name in names) for row in state.all(model)]
        if len({*held}) < len(held):
            return True
    return False


def has_own_parent(state: State) -> bool:
    """Tell whether a category is its own parent."""
    return any(row["parent"] == row["id"] for row in state.all("Category"))
