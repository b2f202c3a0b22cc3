"""Oracle: what a request shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.reach import plan
from tests.support.reach.access import Access, Caller, Family
from tests.support.reach.paths import Reasons, Way, follow
from tests.support.reach.plan import Stored
from tests.support.reach.requests import Request
from tests.support.reach.state import Row, State

REFUSED = 400, 401, 403, 404, 405


@dataclass
class Reader:
    """A caller who reads the rows of a state."""

    family: Family
    state: State
    caller: Caller

    def shape(self, reached: Access, request: Request, reasons: Reasons) -> None:
        """Refuse ``fields`` and ``expand`` that name what the caller may not read."""
        for name in request.fields or ():
            relation = plan.relations(reached.model).get(name)
            if not self.family.shows(reached, name):
                reasons.add(f"fields: {name} is not readable", 400)
            elif relation is not None and relation.stored is not Stored.HERE:
                self._gate(self.family.of(relation.target), reasons, 400)
                self._gate(self.family.between(relation), reasons, 400)
        for path in request.expand:
            self._expansion(reached, path.split("."), reasons)

    def _expansion(self, reached: Access, names: list[str], reasons: Reasons) -> None:
        relation = plan.relations(reached.model).get(names[0])
        target = self.family.of(relation.target) if relation else None
        if relation is None or target is None or not self.family.shows(reached, names[0]):
            reasons.add(f"expand: {names[0]} leads nowhere", 400)
            return
        self._gate(target, reasons, *REFUSED)
        self._gate(self.family.between(relation), reasons, *REFUSED)
        if names[1:]:
            self._expansion(target, names[1:], reasons)

    def _gate(self, target: Access | None, reasons: Reasons, *statuses: int) -> None:
        """Refuse to show the members of a relation to a caller who may not GET them."""
        if target is not None and "GET" not in target.methods:
            reasons.add(f"shown: {target.model} has no GET", *statuses)
        if target is not None and (status := target.refusal("get", self.caller)):
            reasons.add(f"shown: get {target.model} needs another user", status)

    def show(self, reached: Access, row: Row, fields: tuple[str, ...] | None, expand: tuple[str, ...]) -> Any:
        """Return what a row looks like to the caller."""
        own = self.family.own(reached, row["model"])
        heads = {path.partition(".")[0] for path in expand}
        asked = {*self._stored(own), "id"} if fields is None else {*fields}
        names = {name for name in asked if self.family.shows(own, name)}
        shown = {name: self._value(own, row, name) for name in names - heads}
        for head in heads:
            below = tuple(path.partition(".")[2] for path in expand if path.startswith(f"{head}."))
            shown[head] = self._expanded(row, plan.relations(reached.model)[head], below)
        return shown

    def _stored(self, own: Access) -> set[str]:
        """Return the fields that a row stores itself."""
        return {*plan.scalars(own.model), *(one.name for one in plan.references(own.model))}

    def _value(self, own: Access, row: Row, name: str) -> Any:
        relation = plan.relations(own.model).get(name)
        if name == "id":
            return str(row["id"])
        if relation is None:
            return row[name]
        if relation.stored is Stored.HERE:
            return None if row[name] is None else str(row[name])
        keys = [str(one["id"]) for one in self.members(row, relation)]
        return keys if relation.is_many else next(iter(keys), None)

    def _expanded(self, row: Row, relation: plan.Relation, below: tuple[str, ...]) -> Any:
        target = self.family.of(relation.target)
        found = [self.show(target, one, None, below) for one in self.members(row, relation)] if target else []
        return found if relation.is_many else next(iter(found), None)

    def members(self, row: Row, relation: plan.Relation) -> list[Row]:
        """Return the members of a relation that the caller sees."""
        target = self.family.of(relation.target)
        return [one for one in self.state.members(row, relation) if self.family.sees(target, one, self.caller)]


@dataclass
class Shown:
    """The reply to a GET that is not refused."""

    body: Any
    count: int


def judge_read(family: Family, state: State, request: Request) -> Reasons | Shown:
    """Return the reply to a GET, or the reasons to refuse it."""
    way = follow(family, state, request)
    if isinstance(way, Reasons):
        return way
    reader, end, reasons = Reader(family, state, request.caller), way.end, way.reasons
    for place in way.places:
        for one in (place.reached, family.between(place.relation)):
            if one:
                reasons.gate(one, "get", {"GET"}, request.caller)
    reader.shape(end.reached, request, reasons)
    for name in (*(key.partition("__")[0] for key in request.where), *(name for name, _ in request.sort)):
        if not family.filters(end.reached, name) or not end.is_list:
            reasons.add(f"{name} may not be asked for", 400)
    if request.count and not end.is_list:
        reasons.add("only lists have a count", 400)
    if not end.is_list and end.row is None:
        reasons.add("the row is not there", 404)
    heard(family, way, reasons)
    if reasons:
        return reasons
    if end.row and not end.is_list:
        return Shown(reader.show(end.reached, end.row, request.fields, request.expand), 1)
    rows = sort([row for row in end.found if matches(row, request)], request)
    return Shown([reader.show(end.reached, row, request.fields, request.expand) for row in rows], len(rows))


def heard(family: Family, way: Way, reasons: Reasons) -> None:
    """Let the receivers refuse that hear of the read."""
    end = way.end
    signal = "pre_get_list" if end.is_list else "pre_get_instance"
    heard_by = {*plan.lineage(end.reached.model), *(plan.lineage(end.row["model"]) if end.row else ())}
    if any((signal, model) in family.setting.refusing for model in heard_by):
        reasons.add(f"a receiver of {signal} refuses", 403)


def matches(row: Row, request: Request) -> bool:
    """Tell whether a row passes the filters of a request."""
    for key, given in request.where.items():
        name, _, operator = key.partition("__")
        value = str(row[name])
        passes = row[name] is not None and (value.startswith(given) if operator == "startswith" else value == given)
        if passes == (operator == "ne"):
            return False
    return True


def sort(rows: list[Row], request: Request) -> list[Row]:
    """Return rows in the order of a request: nulls first, and by primary key where they are equal."""
    rows = sorted(rows, key=lambda row: int(row["id"]))
    for name, descends in reversed(request.sort):
        key = "id" if name == "id" else name
        rows.sort(key=lambda row, key=key: (row[key] is not None, row[key] or 0), reverse=descends)  # type: ignore[misc]
    return rows
