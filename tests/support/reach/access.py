"""Oracle: who may do what with the rows of a class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from tests.support.reach import hives, models, plan
from tests.support.reach.plan import Stored
from tests.support.reach.state import Row

Caller = str | None


@dataclass(frozen=True)
class Access:
    """What hives leave of a class.

    Args:
        model: the class.
        methods: those that requests may use.
        hidden: the fields that requests may not read.
        closed: those that requests may not set.
        fixed: those that requests may not change.
        frozen: those that ``read_only`` names.
        checks: pairs of a verb and a requirement.
        has_scope: whether a scope hides rows.
    """

    model: str
    methods: frozenset[str]
    hidden: frozenset[str]
    closed: frozenset[str]
    fixed: frozenset[str]
    frozen: frozenset[str]
    checks: frozenset[tuple[str, hives.Requirement]]
    has_scope: bool

    def __and__(self, other: Access) -> Access:
        """Return what both allow."""
        return Access(
            self.model,
            self.methods & other.methods,
            self.hidden | other.hidden,
            self.closed | other.closed,
            self.fixed | other.fixed,
            self.frozen | other.frozen,
            self.checks | other.checks,
            self.has_scope or other.has_scope,
        )

    def refusal(self, verb: str, caller: Caller) -> int | None:
        """Return the status for a caller who may not use a verb, or None."""
        user = hives.USERS[caller]
        needed = [requirement for one, requirement in self.checks if one == verb and requirement]
        if not needed or (user and all(one is True or one in user["roles"] for one in needed)):
            return None
        return 403 if user else 401

    def is_readable(self, caller: Caller) -> bool:
        """Tell whether a caller may read rows."""
        return "GET" in self.methods and self.refusal("get", caller) is None


def access(options: hives.Options) -> Access:
    """Return what one hive leaves of its class."""

    def limited(*limits: str) -> frozenset[str]:
        return frozenset(name for name, limit in options.limits.items() if limit in limits)

    return Access(
        options.model,
        options.methods,
        hidden=limited("exclude", "write_only"),
        closed=limited("exclude", "read_only"),
        fixed=limited("exclude", "read_only", "create_only"),
        frozen=limited("read_only"),
        checks=frozenset(options.authenticated.items()),
        has_scope=options.has_scope,
    )


class Family:
    """The hives of one API, and the switches of the models' own hooks."""

    def __init__(self, setting: hives.Setting) -> None:
        self.setting = setting

    def of(self, model: str) -> Access | None:
        """Return how a class is reached through others: as its main hive says, else as all of them allow.

        A class without a hive is not reached.
        """
        found = [options for options in self.setting.hives if options.model == model]
        deciding = [options for options in found if options.is_main] or found
        return reduce(Access.__and__, map(access, deciding)) if deciding else None

    def own(self, reached: Access, model: str) -> Access:
        """Return how a row of the class ``model`` is served that is reached as one of its base classes.

        The strictest of the hives of its own class and of the classes between the two counts.
        """
        return reduce(Access.__and__, self._below(reached, model), reached)

    def _below(self, reached: Access, model: str) -> Iterable[Access]:
        known = plan.lineage(model)
        between = known[: known.index(reached.model)] if reached.model in known else []
        return [found for one in between if (found := self.of(one))]

    def sees(self, reached: Access | None, row: Row | None, caller: Caller, *, reads: bool = True) -> bool:
        """Tell whether a caller sees a row, by the scopes of hives, by the models' own hooks, and by its class.

        Args:
            reached: how it is reached; None for a class without a hive, which has hooks alone.
            row: the row, if there is one.
            caller: the caller.
            reads: whether rows of a subclass are hidden that this caller may not read.
        """
        if row is None:
            return False
        model = reached.model if reached else plan.table(row["model"])
        own = self.own(reached, row["model"]) if reached else None
        hooks = {_hook(row["model"]), _hook(model)}
        if row["shade"] == models.BY_HOOK and hooks & self.setting.hooked:
            return False
        if row["shade"] == models.BY_SCOPE and own and own.has_scope and caller != models.ROOT:
            return False
        return (
            not reads or reached is None or all(one.is_readable(caller) for one in self._below(reached, row["model"]))
        )

    def shows(self, reached: Access, name: str) -> bool:
        """Tell whether a field is readable, as the rows at the other end of a relation leave it."""
        relation = plan.relations(reached.model).get(name)
        if name in reached.hidden:
            return False
        if relation is None or relation.stored is Stored.HERE:
            return name in ("id", *plan.fields(reached.model))
        target = self.of(relation.target)
        if target is None:
            return False
        if relation.stored is Stored.THERE:
            return relation.mirror not in target.hidden
        between = self.between(relation)
        return between is None or (between.hidden.isdisjoint(plan.BETWEEN) and not between.has_scope)

    def between(self, relation: plan.Relation | None) -> Access | None:
        """Return how the class is reached whose rows store a relation between two other classes."""
        return self.of(plan.BETWEEN[0]) if relation and relation.stored is Stored.ROWS else None

    def filters(self, reached: Access, name: str) -> bool:
        """Tell whether a list may be filtered and sorted by a field. No hive of a subclass may hide the field."""
        below = [one for one in plan.NAMES if reached.model in plan.lineage(one)[1:]]
        return self.shows(reached, name) and all(name not in found.hidden for one in below if (found := self.of(one)))

    def sets(self, reached: Access, name: str, *, is_new: bool) -> bool:
        """Tell whether a body may set a field."""
        relation = plan.relations(reached.model).get(name)
        if name in (reached.closed if is_new else reached.fixed) or name not in plan.fields(reached.model):
            return False
        if relation is None or relation.stored is Stored.HERE:
            return True
        return relation.stored is Stored.LINKS and self._is_open_behind(relation)

    def _is_open_behind(self, relation: plan.Relation) -> bool:
        """Tell whether the class at the other end of a many-to-many leaves it open: ``read_only`` closes both sides."""
        target = self.of(relation.target)
        return target is not None and relation.mirror not in target.frozen

    def is_doubtful(self, relation: plan.Relation | None) -> bool:
        """Tell whether the contract leaves open if a many-to-many may be written: ``create_only`` on the other side."""
        target = self.of(relation.target) if relation and relation.stored is Stored.LINKS else None
        return target is not None and relation is not None and relation.mirror in target.fixed - target.closed

    def joins(self, reached: Access, relation: plan.Relation) -> bool:
        """Tell whether members may join and leave a relation, by the options of both sides."""
        if relation.name in reached.fixed:
            return False
        if relation.stored is Stored.LINKS:
            return self._is_open_behind(relation)
        if relation.stored is Stored.THERE:
            target = self.of(relation.target)
            return target is not None and relation.mirror not in target.fixed
        if relation.stored is Stored.ROWS:
            between = self.of(plan.BETWEEN[0])
            return between is not None and between.closed.isdisjoint(plan.BETWEEN)
        return True


def _hook(model: str) -> str:
    """Return the class that defines the hooks of ``model``."""
    return models.CLASSES[model].hook  # type: ignore[no-any-return]
