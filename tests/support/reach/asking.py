"""Random requests to a setting. Most concern what its hives restrict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.support.reach import hives, plan
from tests.support.reach.plan import Stored
from tests.support.reach.requests import Request, Step
from tests.support.reach.rows import SHADES
from tests.support.reach.state import Markers, Row, State

CALLERS = (None, "ann", "root")
MATCHES = (None, None, None, None, "current", "stale")
MISSING = 999


@dataclass
class Asker:
    """A source of one random request.

    Args:
        rng: the source of chance.
        markers: the source of texts.
        setting: the hives.
        state: the present rows.
    """

    rng: Random
    markers: Markers
    setting: hives.Setting
    state: State

    def __post_init__(self) -> None:
        """Draw what the request is about: a class, a field, and a relation that concerns them."""
        self.model, self.name = self.rng.choice([*self.setting.touched, self.setting.focus])
        self.focus = self.setting.focus
        known = [focus for kind in plan.KINDS[:-1] for focus in kind]
        about = [focus for focus in known if self.model in plan.near(focus)]
        if self.name in plan.relations(self.model):
            about = [focus for focus in about if self.name in plan.sides(focus)]
        if about and not self.one_of(4):
            self.focus = self.rng.choice(about)

    def read(self) -> Request:
        """Draw a GET."""
        if self.one_of(4):
            return self._expansion()
        hive, key, steps, model = self._path(self.rng.choice([0, 1, 1, 2]))
        is_list = key is None if not steps else steps[-1][1] is None and _end(hive, steps).is_many
        asked: dict[str, Any] = {"fields": self._fields(model), "expand": self._expand(model)}
        if is_list and self.one_of(2):
            asked |= {"where": self._filters(model), "sort": self._order(model)}
        asked["count"] = is_list and self.one_of(2)
        return Request("GET", hive, key, steps, self.rng.choice(CALLERS), **asked)

    def _expansion(self) -> Request:
        """Draw a GET that expands what the request is about."""
        hive = self._start()
        row, expand = self._row(hive.model), self._relations(hive.model)
        key = row["id"] if row and self.one_of(2) else None
        return Request("GET", hive, key, caller=self.rng.choice(CALLERS), expand=expand)

    def create(self) -> Request:
        """Draw the creation of a row."""
        hive, caller = self._hive(), self.rng.choice(CALLERS)
        return Request("POST", hive, caller=caller, body=self._body(hive, None), **self._shape(hive.model))

    def update(self) -> Request:
        """Draw an update of a row."""
        hive = self._hive()
        row, method = self._row(hive.model), self.rng.choice(["PUT", "PATCH"])
        key, body = row["id"] if row else MISSING, self._body(hive, row)
        caller, match, shape = self.rng.choice(CALLERS), self.rng.choice(MATCHES), self._shape(hive.model)
        return Request(method, hive, key, (), caller, body, **shape, if_match=match)

    def delete(self) -> Request:
        """Draw the deletion of a row."""
        hive = self._hive()
        row = self._row(hive.model)
        key = row["id"] if row else MISSING
        return Request("DELETE", hive, key, caller=self.rng.choice(CALLERS), if_match=self.rng.choice(MATCHES))

    def join(self) -> Request:
        """Draw the association of members."""
        hive, key, steps, _ = self._path(self.rng.choice([1, 1, 2]))
        if not steps:
            return self.create()
        steps = (*steps[:-1], (steps[-1][0], None))
        relation = _end(hive, steps)
        keys = [str(row["id"]) for row in self.state.all(relation.target)] or [str(MISSING)]
        given = self.rng.choices(keys, k=self.rng.randint(1, 3) if relation.is_many else 1)
        body = {relation.name: given if relation.is_many else given[0]}
        return Request("POST", hive, key, steps, self.rng.choice(CALLERS), body, **self._shape(relation.target))

    def leave(self) -> Request:
        """Draw the dissociation of a member."""
        hive, key, steps, _ = self._path(self.rng.choice([1, 1, 2]), is_named=True)
        return Request("DELETE", hive, key, steps, self.rng.choice(CALLERS))

    def one_of(self, cases: int) -> bool:
        return self.rng.randrange(cases) == 0

    def _among(self, likely: Sequence[Any], others: Sequence[Any]) -> Any:
        """Draw from ``likely`` in five of six cases, about."""
        return self.rng.choice(likely if likely and not self.one_of(6) else others)

    def _hive(self) -> hives.Options:
        served = self.setting.hives
        own = [hive for hive in served if hive.model in plan.lineage(self.model)]
        own = [hive for hive in own if hive.model == plan.table(self.model)] or own if self.one_of(2) else own
        near = [hive for hive in served if hive.model in plan.near(self.focus)]
        return self._among(own if self.rng.random() < 0.5 else near, served)  # type: ignore[no-any-return]

    def _path(self, depth: int, *, is_named: bool = False) -> tuple[hives.Options, int | None, tuple[Step, ...], str]:
        """Draw a path that mostly leads to rows. Return it with the class at its end."""
        hive = self._start() if depth else self._hive()
        row, model = self._row(hive.model), hive.model
        steps: list[Step] = []
        if row is None or (not depth and self.rng.random() < 0.5):
            return hive, None, (), model
        key = row["id"]
        while depth and row is not None and (known := plan.relations(model)):
            near = [one for one in known.values() if one.name in plan.sides(self.focus)]
            relation: plan.Relation = self._among(near, [*known.values()])
            found, model = self.state.members(row, relation), relation.target
            row = self.rng.choice(found) if found and not self.one_of(12) else self._row(model)
            depth -= 1
            is_key = relation.is_many and (depth > 0 or is_named or self.rng.random() < 0.5)
            steps.append((relation.name, row["id"] if row is not None and is_key else None))
        return hive, key, tuple(steps), model

    def _start(self) -> hives.Options:
        """Draw a hive that a path through a relation begins with."""
        related = [hive for hive in self.setting.hives if plan.relations(hive.model)]
        near = [hive for hive in related if plan.relations(hive.model).keys() & {*plan.sides(self.focus)}]
        near = [hive for hive in near if hive.model in plan.near(self.focus)]
        return self._among(near, related or self.setting.hives)  # type: ignore[no-any-return]

    def _row(self, model: str) -> Row | None:
        rows = self.state.all(model)
        own = [row for row in rows if row["model"] == self.model]
        return self._among(own, rows) if rows else None

    def _body(self, hive: hives.Options, row: Row | None) -> dict[str, Any]:
        """Draw a body, most of which the hive lets requests set."""
        is_new, relations = row is None, plan.relations(hive.model)
        names = [one.name for one in plan.references(hive.model) if one.is_required and is_new]
        limits = ("exclude", "read_only") if is_new else ("exclude", "read_only", "create_only")
        for name in self._names(hive.model):
            is_stored = name not in relations or relations[name].stored in (Stored.HERE, Stored.LINKS)
            if (hive.limits.get(name) not in limits and is_stored) or self.one_of(3):
                names.append(name)
        return {name: self._value(hive.model, row, name) for name in dict.fromkeys(names)}

    def _names(self, model: str) -> list[str]:
        """Draw some fields, with those that the request is about among them in most cases."""
        known = plan.fields(model)
        about = [name for name in known if name == self.name or name in plan.sides(self.focus)]
        return [*dict.fromkeys([self._among(about, known), *self.rng.choices(known, k=self.rng.randint(0, 2))])]

    def _value(self, model: str, row: Row | None, name: str) -> Any:
        relation, is_same = plan.relations(model).get(name), row is not None and self.one_of(4)
        if relation is None:
            if row is not None and is_same:
                return row[name]
            return self.rng.choice(SHADES) if name == "shade" else self.markers()
        held = [str(one["id"]) for one in self.state.members(row, relation)] if row is not None else []
        keys = [str(one["id"]) for one in self.state.all(relation.target)]
        if relation.is_many:
            return held if is_same else self.rng.choices(keys, k=self.rng.randint(0, 3)) if keys else []
        if is_same:
            return held[0] if held else None
        missing = [str(MISSING), *([] if relation.is_required else [None])]
        return self._among(keys, missing)

    def _shape(self, model: str) -> dict[str, Any]:
        return {"fields": self._fields(model), "expand": self._expand(model)} if self.one_of(5) else {}

    def _fields(self, model: str) -> tuple[str, ...] | None:
        return tuple(self._names(model)) if self.one_of(3) else None

    def _expand(self, model: str) -> tuple[str, ...]:
        return self._relations(model) if self.one_of(3) else ()

    def _relations(self, model: str) -> tuple[str, ...]:
        """Draw a path to expand, if a class has relations."""
        known = plan.relations(model)
        if not known:
            return ()
        name = self._among([name for name in plan.sides(self.focus) if name in known], [*known])
        below = plan.relations(known[name].target)
        return (f"{name}.{self.rng.choice([*below])}",) if below and self.one_of(3) else (name,)

    def _filters(self, model: str) -> dict[str, str]:
        row, known = self._row(model), [*plan.scalars(model), *(one.name for one in plan.references(model))]
        name = self._among([name for name in known if name == self.name], known)
        value = None if row is None else row.get(name)
        operator = "" if name not in ("name", "secret") else self.rng.choice(["", "__ne", "__startswith"])
        return {} if value is None else {name + operator: str(value)}

    def _order(self, model: str) -> tuple[tuple[str, bool], ...]:
        known = plan.scalars(model)
        about = [name for name in known if name == self.name]
        return ((self._among(about, known), self.rng.random() < 0.5),) if self.one_of(2) else ()


def _end(hive: hives.Options, steps: tuple[Step, ...]) -> plan.Relation:
    """Return the relation at the end of a path."""
    *before, (last, _) = steps
    model = hive.model
    for name, _ in before:
        model = plan.relations(model)[name].target
    return plan.relations(model)[last]
