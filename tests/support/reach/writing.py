"""Oracle: what a request changes, or the reasons to refuse it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.reach import changes, plan
from tests.support.reach.access import Access, Family
from tests.support.reach.bodies import UPDATE, Body
from tests.support.reach.paths import Place, Reasons, Way, follow
from tests.support.reach.plan import Stored
from tests.support.reach.reading import Reader
from tests.support.reach.requests import Request
from tests.support.reach.state import Row, State
from tests.support.reach.telling import told

CLOSED = 400, 403, 404, 405  # how a relation that nobody may write answers


@dataclass
class Changed:
    """A write that is not refused.

    Args:
        state: the state that it leads to.
        reasons: the doubts for which it may also be refused.
    """

    state: State
    reasons: Reasons


def judge_write(family: Family, state: State, request: Request) -> Reasons | Changed:
    """Return what a write leads to, or the reasons to refuse it."""
    way = follow(family, state, request)
    if isinstance(way, Reasons):
        return way
    Reader(family, state, request.caller).shape(way.end.reached, request, way.reasons)
    after = Writer(family, state, request, way).write()
    if after and changes.has_twins(after):
        way.reasons.add("the values are taken", 409)
    for one in told(state, after, request) if after else ():
        heard = {(f"pre_{one.act}", model) for model in plan.lineage(one.sender)}
        if one.may_refuse and heard & family.setting.refusing:
            way.reasons.add(f"a receiver of pre_{one.act} for {one.sender} refuses", 403)
    if way.reasons and family.setting.refusing:
        way.reasons.doubt("a receiver may refuse first", 403)
    return way.reasons if way.reasons or after is None else Changed(after, way.reasons)


@dataclass
class Writer:
    """A write of one request."""

    family: Family
    state: State
    request: Request
    way: Way

    def write(self) -> State | None:
        """Return the state that the write leads to, and add the reasons to refuse it to those of the way."""
        method, end = self.request.method, self.way.end
        if not self.request.steps and method != "POST" and not end.is_list:
            return self._update() if method != "DELETE" else self._delete()
        if not self.request.steps and method == "POST" and end.is_list:
            return self._create()
        if end.relation is not None and method == "POST" and self.request.steps[-1][1] is None:
            return self._join(self.way.parent, end.relation)
        if end.relation is not None and method == "DELETE" and not end.is_list:
            return self._leave(self.way.parent, end.relation)
        self.reasons.add("the path does not take the method", 405)
        self.pass_through(self.way.places)
        for verb in ("create", "update", "delete"):
            for place in self.way.places:
                self.reasons.gate(place.reached, verb, {"GET", "POST", "PUT", "PATCH", "DELETE"}, self.request.caller)
        return None

    @property
    def body(self) -> Body:
        return Body(self.family, self.state, self.request, self.reasons)

    @property
    def reasons(self) -> Reasons:
        return self.way.reasons

    def pass_through(self, places: list[Place]) -> None:
        """A path passes only through what the caller may GET."""
        for one in (one for place in places for one in (place.reached, self.family.between(place.relation)) if one):
            self.reasons.gate(one, "get", {"GET"}, self.request.caller)

    def _create(self) -> State | None:
        reached = self.way.end.reached
        self.reasons.gate(reached, "create", {"POST"}, self.request.caller)
        values = self.body.values(reached, None)
        for relation in plan.references(reached.model):
            if relation.is_required and values.get(relation.name) is None:
                self.reasons.add(f"{relation.name} is required", 400)
        if self.reasons:
            return None
        after = self.state.copy()
        for relation in plan.references(reached.model):
            changes.refer(after, {"id": None}, relation, values.get(relation.name))
        changes.insert(after, reached.model, values)
        return after

    def _update(self) -> State | None:
        row, reached = self._row(), self.way.end.reached
        own = self.family.own(reached, row["model"]) if row else reached
        self.reasons.gate(own, "update", {self.request.method}, self.request.caller)
        values = self.body.values(own, row)
        self._match(own, values)
        if row is None or self.reasons:
            return None
        after = self.state.copy()
        stored = after.rows[plan.table(row["model"])][row["id"]]
        for name, value in values.items():
            relation = plan.relations(row["model"]).get(name)
            if relation is None:
                stored[name] = value
            elif relation.stored is Stored.HERE:
                changes.refer(after, stored, relation, value)
            else:
                changes.link(after, stored, relation, [*value, *self._unseen(row, relation)])
        return after

    def _unseen(self, row: Row, relation: plan.Relation) -> list[int]:
        """Return the members that the caller does not see. They stay in a list that a body replaces."""
        seen = Reader(self.family, self.state, self.request.caller).members(row, relation)
        return [one["id"] for one in self.state.members(row, relation) if one not in seen]

    def _delete(self) -> State | None:
        row, reached = self._row(), self.way.end.reached
        own = self.family.own(reached, row["model"]) if row else reached
        self.reasons.gate(own, "delete", {"DELETE"}, self.request.caller)
        self._match(own, {})
        after = self.state.copy()
        if row and not changes.delete(after, after.rows[plan.table(row["model"])][row["id"]]):
            self.reasons.add("other rows refer to the row", 409)
        return after

    def _row(self) -> Row | None:
        row = self.way.end.row
        if row is None:
            self.reasons.add("the row is not there", 404)
        return row

    def _match(self, own: Access, values: Mapping[str, Any]) -> None:
        """Compare the tag of ``If-Match``. A tag does not cover the relations that its reply did not show."""
        if self.request.if_match is None:
            return
        if not own.is_readable(self.request.caller):
            self.reasons.doubt("the caller may not read what it compares", 400, 401, 403, 412)
        elif self.request.if_match == "stale":
            self.reasons.add("the tag is stale", 412)
        elif lists := [one for one in plan.relations(own.model).values() if one.name in values and one.is_many]:
            row = self.way.end.row
            is_same = row and all(
                {one["id"] for one in self.state.members(row, each)} == {*values[each.name]} for each in lists
            )
            (self.reasons.doubt if is_same else self.reasons.add)("the tag does not cover the relation", 412)

    def _join(self, parent: Place, relation: plan.Relation) -> State | None:
        self._gate_relation(parent, relation, "create", {"POST"})
        body = self.request.body or {}
        given = body.get(relation.name)
        if given is None or given == [] or body.keys() != {relation.name}:
            self.reasons.add("the body must name the members", 400)
            return None
        keys = self.body.keys(relation, given, self._repeated(parent, relation))
        if not self.family.sees(self.family.of(relation.target), self.way.end.row, self.request.caller):
            self.reasons.doubt("the member may repeat what the caller does not see", 400)
        keys = keys if isinstance(keys, list) else [keys]
        if parent.row is None or self.reasons:
            return None
        held = [one["id"] for one in self.state.members(parent.row, relation)]
        joining = [key for key in keys if key not in held]
        if relation.stored is Stored.HERE:
            self.body.take_place(parent.reached, parent.row, relation, keys[0])
        if relation.stored is Stored.THERE and not relation.is_many and joining:
            for key in held:
                old = self.state.find(relation.target, key)
                if old and not self.body.may_revise(self.way.end.reached, old, str(relation.mirror)):
                    self.reasons.add("the row that has the place may not be changed", 409)
        after = self.state.copy()
        changes.join(
            after, after.rows[plan.table(parent.row["model"])][parent.row["id"]], relation, joining
        ) if joining else None
        return after

    def _repeated(self, parent: Place, relation: plan.Relation) -> Any:
        """Return the keys that may be given again, although the caller does not see their rows."""
        return self.body.shown(parent.reached, parent.row, relation) if relation.stored is Stored.HERE else None

    def _leave(self, parent: Place, relation: plan.Relation) -> State | None:
        self._gate_relation(parent, relation, "delete", {"DELETE"})
        member = self._row()
        if self.request.if_match == "stale":
            self.reasons.add("the tag is stale", 412, *CLOSED)
        if relation.stored is Stored.HERE and relation.is_required:
            self.reasons.add(f"{relation.name} is required", 400, 409)
        if member is None or parent.row is None or self.reasons:
            return None
        if relation.stored is Stored.ROWS and not self._sees_between(parent.row, member):
            self.reasons.add("the row between the two is hidden", *CLOSED, 409)
        after = self.state.copy()
        rows = [after.rows[plan.table(one["model"])][one["id"]] for one in (parent.row, member)]
        changes.leave(after, rows[0], relation, rows[1])
        return after

    def _sees_between(self, parent: Row, member: Row) -> bool:
        """Tell whether the caller sees the rows that say that ``member`` belongs to ``parent``."""
        between, here, there = plan.BETWEEN
        found = [row for row in self.state.all(between) if (row[here], row[there]) == (parent["id"], member["id"])]
        return all(self.family.sees(self.family.of(between), row, self.request.caller) for row in found)

    def _gate_relation(self, parent: Place, relation: plan.Relation, verb: str, methods: set[str]) -> None:
        """What stores a reference decides about joining and leaving."""
        caller, end, is_leaving = self.request.caller, self.way.end.reached, verb == "delete"
        self.pass_through(self.way.places[:-2])
        if relation.stored in (Stored.HERE, Stored.LINKS):
            self.reasons.gate(parent.reached, "update", UPDATE, caller)
        else:
            self.pass_through([parent])
        if relation.stored is Stored.THERE:
            is_deleted = relation.is_part and is_leaving
            self.reasons.gate(end, "delete" if is_deleted else "update", {"DELETE"} if is_deleted else UPDATE, caller)
        if relation.stored is Stored.ROWS and (between := self.family.of(changes.BETWEEN)):
            self.reasons.gate(between, verb, methods, caller)
        if self.family.is_doubtful(relation):
            self.reasons.doubt(f"{relation.name} is create_only on the other side", *CLOSED)
        if not self.family.joins(parent.reached, relation):
            is_open = relation.stored is Stored.ROWS or relation.is_part
            is_own = relation.name in parent.reached.fixed or self.family.of(changes.BETWEEN) is None
            refuse = self.reasons.doubt if is_leaving and is_open and not is_own else self.reasons.add
            refuse(f"{relation.name} may not be changed", *CLOSED, 401)
