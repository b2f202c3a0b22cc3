"""Oracle: the signals about a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.reach import plan
from tests.support.reach.plan import Stored
from tests.support.reach.requests import Request
from tests.support.reach.state import Row, State


@dataclass(frozen=True)
class Told:
    """One act that receivers hear of.

    Args:
        act: the end of the names of its signals: ``update_instance``, ``associate``, ...
        sender: the class of the row; for a relation, of its parent.
        key: the primary key of the row; for a relation, of its member.
        parent: the primary key of the parent.
        field: the relation.
        fields: the changed fields of an update.
        may_refuse: whether a receiver of the ``pre_`` signal may refuse it.
    """

    act: str
    sender: str
    key: int
    parent: int | None = None
    field: str | None = None
    fields: frozenset[str] | None = None
    may_refuse: bool = True


def told(before: State, after: State, request: Request) -> set[Told]:
    """Return the acts that must be told, each once, if a request changes a state."""
    is_deleting = request.method == "DELETE" and not request.steps
    found: set[Told] = set()
    for name in plan.TABLES:
        for key in before.rows[name].keys() | after.rows[name].keys():
            found |= {*_row(before.rows[name].get(key), after.rows[name].get(key), before, after, request)}
    found |= {*_links(before, after)}
    addressed = request.hive.model, request.key
    if is_deleting:
        own = [one for one in found if (plan.table(one.sender), one.key) == (plan.table(addressed[0]), addressed[1])]
        return {_inevitable(one) for one in found if one not in own and one.parent is None} | {*own}
    return found


def _inevitable(one: Told) -> Told:
    return Told(one.act, one.sender, one.key, fields=one.fields, may_refuse=False)


def _row(old: Row | None, new: Row | None, before: State, after: State, request: Request) -> Iterator[Told]:
    row = old or new or {}
    if old is None or new is None:
        yield Told("delete_instance" if old else "create_instance", row["model"], row["id"])
        return
    changed = {name for name in old if old[name] != new[name]}
    is_addressed = is_body_update(request) and (plan.table(request.hive.model), request.key) == (
        plan.table(row["model"]),
        row["id"],
    )
    if is_addressed:
        links = [one for one in plan.relations(row["model"]).values() if one.stored is Stored.LINKS]
        ids = [[{one["id"] for one in state.members(row, link)} for state in (before, after)] for link in links]
        changed |= {link.name for link, (had, has) in zip(links, ids, strict=True) if had != has}
    references = [one for one in plan.references(row["model"]) if one.name in changed]
    is_alone = bool(references) and references[0].mirror is None and not is_addressed
    if is_addressed or (changed and not is_alone):
        yield Told("update_instance", row["model"], row["id"], fields=frozenset(changed))
    for reference in references:
        for key, act in ((old[reference.name], "dissociate"), (new[reference.name], "associate")):
            if key is None:
                continue
            if reference.mirror is None:
                yield Told(act, row["model"], key, row["id"], reference.name)
            else:
                there = before.rows[plan.table(reference.target)][key]
                yield Told(act, there["model"], row["id"], key, reference.mirror)


def _links(before: State, after: State) -> Iterator[Told]:
    """Yield what both sides of a many-to-many tell, unless one of the rows is new or deleted."""
    for act, pairs in (("associate", after.links - before.links), ("dissociate", before.links - after.links)):
        for project, label in pairs:
            is_kept = all(
                key in state.rows[name]
                for state in (before, after)
                for name, key in (("Project", project), ("Label", label))
            )
            if is_kept:
                yield Told(act, "Project", label, project, "labels")
                yield Told(act, "Label", project, label, "projects")


def is_body_update(request: Request) -> bool:
    return request.method in ("PUT", "PATCH")
