"""The smallest setting, rows and request that show a failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.support.reach import plan
from tests.support.reach.hives import METHODS, Options, Setting
from tests.support.reach.requests import Request
from tests.support.reach.state import State
from tests.support.reach.world import World


@dataclass(frozen=True)
class Case:
    """One request to one setting with some rows."""

    setting: Setting
    state: State
    request: Request

    def failure(self) -> str:
        """Return how the error of the failure begins; an empty text if there is none."""
        try:
            with World(self.setting, self.state) as world:
                world.step(self.request)
        except AssertionError as error:
            return str(error)[:60]
        return ""

    def __str__(self) -> str:
        plain = Options("", "")
        lines = [f"{self.request.caller}: {self.request.method} {self.request.url} {self.request.body or ''}"]
        for hive in self.setting.hives:
            changed = {name: one for name, one in vars(hive).items() if name != "model" and one != getattr(plain, name)}
            lines.append(f"{hive.model}: {changed}")
        lines.append(f"hooked {[*self.setting.hooked]}, refusing {[*self.setting.refusing]}")
        rows = [row for held in self.state.rows.values() for row in held.values()]
        return "\n".join([*lines, *map(str, rows), f"links {self.state.links}, If-Match {self.request.if_match}"])


def smallest(case: Case) -> Case:
    """Return the smallest case that fails like ``case``, as far as removing one thing at a time leads to it."""
    failure = case.failure()
    while smaller := next((one for one in _smaller(case) if one.failure() == failure), None):
        case = smaller
    return case


def _smaller(case: Case) -> Iterator[Case]:
    for request in _requests(case.request):
        yield replace(case, request=request)
    for setting in _settings(case.setting, case.request.hive.name):
        hive = next(one for one in setting.hives if one.name == case.request.hive.name)
        yield replace(case, setting=setting, request=replace(case.request, hive=hive))
    for state in _states(case.state):
        yield replace(case, state=state)


def _requests(request: Request) -> Iterator[Request]:
    plain: dict[str, Any] = {"fields": None, "expand": (), "where": {}, "sort": (), "count": False, "if_match": None}
    for name, value in plain.items():
        if getattr(request, name) != value:
            yield replace(request, **{name: value})
    for name in request.body or ():
        yield replace(request, body={one: value for one, value in (request.body or {}).items() if one != name})


def _settings(setting: Setting, needed: str) -> Iterator[Setting]:
    for hive in setting.hives:
        others = [one for one in setting.hives if one is not hive]
        if hive.name != needed:
            yield replace(setting, hives=tuple(others))
        for wider in _wider(hive):
            yield replace(setting, hives=(*others, wider))
    for name in setting.hooked:
        yield replace(setting, hooked=setting.hooked - {name})
    for pair in setting.refusing:
        yield replace(setting, refusing=setting.refusing - {pair})


def _wider(hive: Options) -> Iterator[Options]:
    for name in hive.limits:
        yield replace(hive, limits={one: limit for one, limit in hive.limits.items() if one != name})
    for verb in hive.authenticated:
        yield replace(hive, authenticated={one: check for one, check in hive.authenticated.items() if one != verb})
    for method in {*METHODS} - hive.methods:
        yield replace(hive, methods=hive.methods | {method})
    if hive.has_scope:
        yield replace(hive, has_scope=False)
    if hive.is_main:
        yield replace(hive, is_main=False)


def _states(state: State) -> Iterator[State]:
    for pair in state.links:
        yield replace(state, links=state.links - {pair})
    linked = {("Project", "Label")[side] + str(pair[side]) for pair in state.links for side in (0, 1)}
    for name in plan.TABLES:
        for key in state.rows[name]:
            kept = state.copy()
            del kept.rows[name][key]
            is_needed = any(
                row[one.name] == key
                for model in plan.TABLES
                for one in plan.references(model)
                if one.target == name
                for row in kept.rows[model].values()
            )
            if not is_needed and name + str(key) not in linked:
                yield kept
