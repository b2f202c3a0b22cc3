"""Oracle: where a path leads, and the reasons to refuse it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.reach import plan
from tests.support.reach.access import Access, Caller, Family, access
from tests.support.reach.requests import Request
from tests.support.reach.state import Row, State


class Reasons(dict[str, set[int]]):
    """The reasons to refuse a request, each with the statuses that say so.

    Attributes:
        doubts: reasons for which a request may be refused or not, because the contract leaves it open.
    """

    def __init__(self) -> None:
        super().__init__()
        self.doubts: dict[str, set[int]] = {}

    def add(self, reason: str, *statuses: int) -> None:
        self.setdefault(reason, set()).update(statuses)

    def doubt(self, reason: str, *statuses: int) -> None:
        self.doubts.setdefault(reason, set()).update(statuses)

    @property
    def statuses(self) -> set[int]:
        return {status for statuses in (*self.values(), *self.doubts.values()) for status in statuses}

    def gate(self, reached: Access, verb: str, methods: set[str], caller: Caller) -> None:
        """Refuse a caller who may not use a verb, or any of ``methods``, on the rows of a class."""
        if not reached.methods & methods:
            self.add(f"{reached.model} has no {'/'.join(sorted(methods))}", 405)
        if status := reached.refusal(verb, caller):
            self.add(f"{verb} {reached.model} needs another user", status)


@dataclass
class Place:
    """One step of a path.

    Args:
        reached: how its class is reached.
        row: the row that it names or holds; None if there is none, or for a list.
        is_list: whether it is a list.
        relation: the relation that led here; None at the beginning.
        found: the rows of the list.
    """

    reached: Access
    row: Row | None
    is_list: bool
    relation: plan.Relation | None = None
    found: list[Row] = field(default_factory=list)


@dataclass
class Way:
    """The steps of a path, as far as the path exists, and the reasons to refuse it."""

    places: list[Place]
    reasons: Reasons

    @property
    def end(self) -> Place:
        return self.places[-1]

    @property
    def parent(self) -> Place:
        return self.places[-2]


def follow(family: Family, state: State, request: Request) -> Way | Reasons:
    """Return the steps of a request's path, or the reasons why there is no such path for anybody."""
    reached, reasons = access(request.hive), Reasons()
    place = Place(reached, state.find(reached.model, request.key), request.key is None, found=state.all(reached.model))
    places = [place]
    for name, key in request.steps:
        relation, parent = plan.relations(place.reached.model).get(name), place.row
        target = family.of(relation.target) if relation else None
        if relation is None or target is None or not family.shows(place.reached, name):
            return _nowhere(reasons, request)
        found = state.members(parent, relation) if parent else []
        is_list = relation.is_many and key is None
        row = None if is_list else next((one for one in found if key in (None, one["id"])), None)
        place = Place(target, row, is_list, relation, found)
        places.append(place)
    for one in places:
        one.found = [row for row in one.found if family.sees(one.reached, row, request.caller)]
        if not one.is_list and not family.sees(one.reached, one.row, request.caller):
            one.row = None
    if any(one.row is None for one in places[:-1]):
        places[-1].row, places[-1].found = None, []
        reasons.add("a row on the way is not there", 404)
    return Way(places, reasons)


def _nowhere(reasons: Reasons, request: Request) -> Reasons:
    """Refuse a path that nobody may use. The caller may also hear first that the hive is closed to it."""
    reasons.add("no such path", 404)
    for verb in ("get", "create", "update", "delete"):
        if status := access(request.hive).refusal(verb, request.caller):
            reasons.add(f"{verb} needs another user", status)
    return reasons
