"""The models, as the oracle knows them: classes, fields, and where each relation is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Stored(Enum):
    """Where a relation is stored."""

    HERE = "in the row itself"
    THERE = "in the rows at the other end"
    LINKS = "in a table that no class maps"
    ROWS = "in the rows of a third class"


@dataclass(frozen=True)
class Relation:
    """A relation of a class.

    Args:
        name: the field.
        target: the class at the other end.
        stored: where it is stored.
        mirror: the field of ``target`` that is the same relation, seen from there; None if there is none.
        is_many: whether it leads to a list.
        is_required: whether a row must have a value.
        is_unique: whether at most one row has each value.
        is_part: whether a row at the other end is deleted when it leaves.
    """

    name: str
    target: str
    stored: Stored
    mirror: str | None = None
    is_many: bool = False
    is_required: bool = False
    is_unique: bool = False
    is_part: bool = False


BASES = {"Admin": "User", "Manager": "Admin"}
SCALARS = ("name", "secret", "shade")
OWN_SCALARS = {"Admin": ("level",), "Manager": ("bonus",), "Membership": ("role",)}
DEFAULTS = {"shade": 0, "role": "owner"}
UNIQUE = {"Membership": ("team", "user")}  # fields whose values no two rows share
BETWEEN = "Membership", "team", "user"  # the class whose rows store ``Team.people``, and its references
_RELATIONS = {
    "Team": [
        Relation("projects", "Project", Stored.THERE, "team", is_many=True),
        Relation("profile", "Profile", Stored.THERE, "team"),
        Relation("people", "User", Stored.ROWS, is_many=True),
    ],
    "Membership": [
        Relation("team", "Team", Stored.HERE, is_required=True),
        Relation("user", "User", Stored.HERE, is_required=True),
    ],
    "Project": [
        Relation("team", "Team", Stored.HERE, "projects"),
        Relation("lead", "User", Stored.HERE),
        Relation("labels", "Label", Stored.LINKS, "projects", is_many=True),
        Relation("tasks", "Task", Stored.THERE, "project", is_many=True, is_part=True),
    ],
    "Label": [Relation("projects", "Project", Stored.LINKS, "labels", is_many=True)],
    "Profile": [Relation("team", "Team", Stored.HERE, "profile", is_unique=True)],
    "Task": [Relation("project", "Project", Stored.HERE, "tasks", is_required=True)],
    "Category": [
        Relation("parent", "Category", Stored.HERE, "children"),
        Relation("children", "Category", Stored.THERE, "parent", is_many=True),
    ],
}
NAMES = ("User", "Admin", "Manager", *_RELATIONS)
_ALL = [(model, one) for model, found in _RELATIONS.items() for one in found]
KINDS = [
    *([(model, one.name) for model, one in _ALL if one.stored is kind] for kind in Stored),
    [(model, one.name) for model, one in _ALL if one.target == "User"],
]  # the relations by where they are stored, and those to a class with subclasses
TABLES = ("User", *_RELATIONS)


def lineage(model: str) -> list[str]:
    """Return a class and its base classes, nearest first."""
    return [model, *(lineage(BASES[model]) if model in BASES else ())]


def table(model: str) -> str:
    """Return the class that has the table of ``model``'s rows."""
    return lineage(model)[-1]


def scalars(model: str) -> list[str]:
    return [*SCALARS, *(name for one in lineage(model) for name in OWN_SCALARS.get(one, ()))]


def relations(model: str) -> dict[str, Relation]:
    return {one.name: one for one in _RELATIONS.get(model, [])}


def references(model: str) -> list[Relation]:
    """Return the relations that a row of ``model`` stores itself."""
    return [one for one in relations(model).values() if one.stored is Stored.HERE]


def fields(model: str) -> list[str]:
    return [*scalars(model), *relations(model)]


def near(focus: tuple[str, str]) -> list[str]:
    """Return the classes that a relation concerns."""
    model, name = focus
    relation = relations(model)[name]
    ends = {model, *(one for one in NAMES if relation.target in lineage(one))}
    return [one for one in NAMES if one in ends or (relation.stored is Stored.ROWS and one == BETWEEN[0])]


def sides(focus: tuple[str, str]) -> tuple[str, ...]:
    """Return the fields that a relation concerns, on both sides."""
    model, name = focus
    return (name, str(relations(model)[name].mirror), *BETWEEN[1:])
