"""The rows of the database, as plain dicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tests.support.reach import models, plan

Row = dict[str, Any]
Link = tuple[int, int]
MARKER = re.compile(r"zq\d+z")


@dataclass
class State:
    """All rows.

    Args:
        rows: for each table, by primary key. A row has its class as ``model``, and its references as primary keys.
        links: pairs of a project and one of its labels.
    """

    rows: dict[str, dict[int, Row]] = field(default_factory=lambda: {name: {} for name in plan.TABLES})
    links: set[Link] = field(default_factory=set)

    def copy(self) -> State:
        return deepcopy(self)

    def all(self, model: str) -> list[Row]:
        """Return the rows of a class and its subclasses, by primary key."""
        held = self.rows[plan.table(model)]
        return [held[key] for key in sorted(held) if model in plan.lineage(held[key]["model"])]

    def find(self, model: str, key: int | None) -> Row | None:
        row = self.rows[plan.table(model)].get(key) if key is not None else None
        return row if row and model in plan.lineage(row["model"]) else None

    def members(self, parent: Row, relation: plan.Relation) -> list[Row]:
        """Return the rows at the other end of a relation, by primary key."""
        key = parent["id"]
        if relation.stored is plan.Stored.HERE:
            found = self.find(relation.target, parent[relation.name])
            return [found] if found else []
        if relation.stored is plan.Stored.THERE:
            return [row for row in self.all(relation.target) if row[str(relation.mirror)] == key]
        if relation.stored is plan.Stored.ROWS:
            between, here, there = plan.BETWEEN
            keys = {row[there] for row in self.all(between) if row[here] == key}
        elif relation.target == "Label":
            keys = {label for project, label in self.links if project == key}
        else:
            keys = {project for project, label in self.links if label == key}
        return [row for row in self.all(relation.target) if row["id"] in keys]


class Markers:
    """A source of texts that each occur once."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"zq{self.count}z"


def dump() -> State:
    """Return what the database contains."""
    state = State()
    with models.engine.connect() as connection:
        for name in plan.TABLES:
            for values in connection.execute(sa.select(models.CLASSES[name].__table__)).mappings():
                row = dict(_row(name, values))
                state.rows[name][row["id"]] = row
        state.links = {(project, label) for project, label in connection.execute(sa.select(models.links))}
    return state


def fill(state: State) -> None:
    """Let the database contain ``state`` alone."""
    with models.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for found in models.Base.metadata.tables.values():
            connection.execute(found.delete())
        for name, rows in state.rows.items():
            for row in rows.values():
                connection.execute(models.CLASSES[name].__table__.insert(), dict(_values(name, row)))
        for project, label in state.links:
            connection.execute(models.links.insert(), {"project_id": project, "label_id": label})


def _row(name: str, values: Any) -> Iterator[tuple[str, Any]]:
    model = values.get("kind", name)
    yield from (("model", model), ("id", values["id"]))
    yield from ((one, values[one]) for one in plan.scalars(model))
    yield from ((one.name, values[f"{one.name}_id"]) for one in plan.references(name))


def _values(name: str, row: Row) -> Iterator[tuple[str, Any]]:
    if name == "User":
        yield "kind", row["model"]
    yield from (("id", row["id"]), *((one, row[one]) for one in plan.scalars(row["model"])))
    yield from ((f"{one.name}_id", row[one.name]) for one in plan.references(name))
