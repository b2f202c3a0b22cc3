"""Oracle: what a body may set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.reach import changes, plan
from tests.support.reach.access import Access, Family
from tests.support.reach.paths import Reasons
from tests.support.reach.plan import Stored
from tests.support.reach.reading import Reader
from tests.support.reach.requests import Request
from tests.support.reach.state import Row, State

UPDATE = {"PUT", "PATCH"}


@dataclass
class Body:
    """The body of a request, and the reasons to refuse it."""

    family: Family
    state: State
    request: Request
    reasons: Reasons

    @property
    def reader(self) -> Reader:
        return Reader(self.family, self.state, self.request.caller)

    def values(self, own: Access, row: Row | None) -> dict[str, Any]:
        """Return the values of the body that may be stored."""
        values = {}
        for name, value in (self.request.body or {}).items():
            relation = plan.relations(own.model).get(name)
            if self.family.is_doubtful(relation):
                self.reasons.doubt(f"{name} is create_only on the other side", 400)
            if not self.family.sets(own, name, is_new=self.request.method == "POST"):
                self._repeat(own, row, name, value)
            elif relation is None:
                values[name] = value
            else:
                values[name] = self.keys(relation, value, self.shown(own, row, relation))
                if not relation.is_many:
                    self.take_place(own, row, relation, value)
        return values

    def _repeat(self, own: Access, row: Row | None, name: str, value: Any) -> None:
        """Refuse a value that may not be set, unless it only repeats what the caller reads there."""
        may_read = own.is_readable(self.request.caller) and (name == "id" or self.family.shows(own, name))
        relation = plan.relations(own.model).get(name)
        if row is None or not may_read:
            self.reasons.add(f"{name} may not be set", 400)
            return
        shown = self.reader.show(own, row, (name,), ())[name]
        held = [str(one["id"]) for one in self.state.members(row, relation)] if relation and relation.is_many else shown
        is_same = value == shown if not isinstance(shown, list) else sorted(value) in (sorted(shown), sorted(held))
        if not is_same:
            self.reasons.add(f"{name} may not be changed", 400)
        elif relation is not None and relation.stored is not Stored.HERE:
            self.reasons.doubt(f"{name} is repeated", 400)

    def shown(self, own: Access, row: Row | None, relation: plan.Relation) -> Any:
        """Return what the caller finds in a relation of a row; None if the caller may not read it."""
        if row is None or not own.is_readable(self.request.caller) or not self.family.shows(own, relation.name):
            return None
        return self.reader.show(own, row, (relation.name,), ())[relation.name]

    def keys(self, relation: plan.Relation, value: Any, shown: Any = None) -> Any:
        """Return the keys of a reference. Each must lead to a row that the caller sees, or repeat what is ``shown``."""
        given = value if isinstance(value, list) else [] if value is None else [value]
        target = self.family.of(relation.target)
        for key in given:
            if key == shown or (isinstance(shown, list) and key in shown):
                continue
            row = self.state.find(relation.target, int(key))
            if not self.family.sees(target, row, self.request.caller, reads=False):
                self.reasons.add(f"there is no {relation.target} {key}", 400)
            elif not self.family.sees(target, row, self.request.caller):
                self.reasons.doubt(f"{relation.target} {key} may not be read", 400)
        if value is None and relation.is_required:
            self.reasons.add(f"{relation.name} is required", 400)
        return [*dict.fromkeys(map(int, given))] if relation.is_many else None if value is None else int(value)

    def take_place(self, own: Access, row: Row | None, relation: plan.Relation, value: Any) -> None:
        """A one-to-one relation holds one row. The row that has the place must be the caller's to change."""
        old = changes.holder(self.state, row, relation, None if value is None else int(value))
        if old is None:
            return
        reached = self.family.of(own.model)
        self.reasons.doubt("the place is taken", 409)
        if reached is None or not self.may_revise(reached, old, relation.name):
            self.reasons.add("the row that has the place may not be changed", 409)

    def may_revise(self, reached: Access, row: Row, name: str) -> bool:
        """Tell whether the caller may change a reference of a row."""
        caller = self.request.caller
        is_open = bool(reached.methods & UPDATE) and reached.refusal("update", caller) is None
        return is_open and name not in reached.fixed and self.family.sees(reached, row, caller)
