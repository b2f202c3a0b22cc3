"""Random hives: their options as plain values, and the API that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import tornado.web

import bzz
from tests.support.reach import models, plan

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VERBS = ("get", "create", "update", "delete")
SIGNALS = (
    "pre_get_instance",
    "pre_get_list",
    "pre_create_instance",
    "pre_update_instance",
    "pre_delete_instance",
    "pre_associate",
    "pre_dissociate",
)
LIMITS = ("exclude", "read_only", "write_only", "create_only")
USERS: dict[str | None, dict[str, Any] | None] = {
    None: None,
    "ann": {"id": "ann", "roles": ["member"]},
    models.ROOT: {"id": models.ROOT, "roles": ["admin"]},
}
Requirement = bool | str  # True: a signed-in user; a text: a role
REQUIREMENTS: tuple[Requirement, ...] = (True, "admin")


@dataclass(frozen=True)
class Options:
    """The options of one hive.

    Args:
        model: the class.
        name: the name of the resource.
        methods: those that requests may use.
        limits: what is restricted, and which option restricts it, by field.
        authenticated: the requirement for each verb.
        has_scope: whether a scope hides rows.
        is_main: whether the hive alone decides how the class is reached through others.
    """

    model: str
    name: str
    methods: frozenset[str] = frozenset(METHODS)
    limits: Mapping[str, str] = field(default_factory=dict)
    authenticated: Mapping[str, Requirement] = field(default_factory=dict)
    has_scope: bool = False
    is_main: bool = False


@dataclass(frozen=True)
class Setting:
    """All that is random about one application.

    Args:
        hives: the hives of its API.
        focus: the class and name of the relation that most requests concern.
        touched: pairs of a class and a field, of which something is restricted.
        hooked: the classes whose own hooks are switched on.
        is_watched: whether receivers listen to all signals of acts.
        refusing: pairs of a ``pre_`` signal and a class whose receiver refuses.
    """

    hives: tuple[Options, ...]
    focus: tuple[str, str] = ("Team", "projects")
    touched: tuple[tuple[str, str], ...] = ()
    hooked: frozenset[str] = frozenset()
    is_watched: bool = True
    refusing: frozenset[tuple[str, str]] = frozenset()


class Asking(bzz.ModelHandler):
    """A handler that takes a request's word for who sends it."""

    def get_current_user(self) -> Any:
        return USERS[self.request.headers.get("X-User")]


def application(setting: Setting) -> tornado.web.Application:
    """Return an application that serves the hives."""
    api = bzz.Api([_hive(options) for options in setting.hives], handler_class=Asking)
    return tornado.web.Application([*api.routes()])


def _hive(options: Options) -> bzz.RouteList:
    model = models.CLASSES[options.model]
    limits: dict[str, Any] = {
        limit: [name for name, given in options.limits.items() if given == limit] for limit in LIMITS
    }
    if plan.table(options.model) == "User":
        limits["exclude"].append("kind")  # the oracle knows the class itself
    checks = {verb: bzz.role(one) if isinstance(one, str) else one for verb, one in options.authenticated.items()}
    made = bzz.ModelHive(
        models.provider,
        model,
        methods=sorted(options.methods),
        authenticated=checks,
        scope=models.scope_of(model) if options.has_scope else None,
        main=options.is_main,
        **limits,
    )
    return made.routes("", options.name)


def draw_setting(rng: Random) -> Setting:
    """Draw a setting with hives for most classes, and few restrictions.

    If there were many, nearly all requests would be refused, each for several reasons. Most restrictions concern one
    relation and the classes at its ends.
    """
    focus = rng.choice(rng.choice(plan.KINDS))
    near = plan.near(focus)
    served = [name for name in plan.NAMES if rng.randrange(8 if name in near else 16)]
    hives = [Options(name, name.lower()) for name in served]
    hives += [Options(name, f"{name.lower()}2") for name in served if not rng.randrange(6 if name in near else 12)]
    touched = []
    for _ in range(rng.randint(1, 4) if hives else 0):
        chosen = rng.choice([options for options in hives if options.model in near and rng.randrange(5)] or hives)
        name, hives[hives.index(chosen)] = _restricted(rng, chosen, focus)
        touched.append((chosen.model, name))
    hooked = {rng.choice([*near, *near, *plan.NAMES]) for _ in range(rng.randrange(3))}
    is_watched = bool(rng.randrange(4))
    refusing = [(rng.choice(SIGNALS), rng.choice([*near, *near, *plan.NAMES])) for _ in range(rng.choice([0, 0, 1, 2]))]
    refusing = refusing if is_watched else []
    touched += [(model, "") for model in (*sorted(hooked), *(model for _, model in refusing))]
    return Setting(tuple(hives), focus, tuple(touched), frozenset(hooked), is_watched, frozenset(refusing))


def _restricted(rng: Random, options: Options, focus: tuple[str, str]) -> tuple[str, Options]:
    """Draw one more restriction of a hive. Return it with the restricted field, if it is one."""
    kind = rng.choice(["limit"] * 4 + ["methods"] * 2 + ["check"] * 2 + ["scope"] * 2 + ["main"])
    if kind == "limit":
        fields = plan.fields(options.model)
        closest = [name for name in fields if name in plan.sides(focus) and rng.randrange(4)]
        name = rng.choice(closest or fields)
        return name, replace(options, limits={**options.limits, name: rng.choice([*LIMITS, "read_only"])})
    if kind == "methods":
        closed = rng.choice([{"GET"}, {"POST"}, {"PUT", "PATCH"}, {"PATCH"}, {"DELETE"}, {*METHODS} - {"GET"}])
        return "", replace(options, methods=options.methods - closed)
    if kind == "check":
        verbs = rng.choice([VERBS, *((verb,) for verb in VERBS), ("get",), ("create", "update", "delete")])
        required = rng.choice(REQUIREMENTS)
        return "", replace(options, authenticated={**options.authenticated, **dict.fromkeys(verbs, required)})
    if kind == "main":
        return "", replace(options, is_main=options.name == options.model.lower())
    return "", replace(options, has_scope=True)
