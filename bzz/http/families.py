"""The families of applications: the hives that one application serves and that belong to no ``Api``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tornado.routing import RuleRouter
from tornado.web import Application

from bzz.http.routes import RouteList
from bzz.lifecycle.in_process import InProcess
from bzz.resources.family import Family

SETTING = "bzz_family"


def family_of(application: Application) -> Family:
    """Return the family of the hives that ``application`` serves without an ``Api``.

    The family is made at the first request, and again after ``Application.add_handlers``.
    """
    known: _Known | None = application.settings.get(SETTING)
    if known is None or known.sizes != [len(router.rules) for router in known.routers]:
        routers = [*_routers(application)]
        hives = dict.fromkeys(hive for router in routers for hive in _hives(router.rules))
        known = _Known(routers, [len(router.rules) for router in routers], Family(hives))
        application.settings[SETTING] = known
    return known.family


@dataclass(frozen=True, slots=True)
class _Known:
    """The family of an application, and the sizes of the routers from whose rules it was made."""

    routers: list[RuleRouter]
    sizes: list[int]
    family: Family


def _routers(application: Application) -> Iterator[RuleRouter]:
    waiting: list[Any] = [application.default_router]
    while waiting:
        router = waiting.pop()
        yield router
        waiting += [rule.target for rule in router.rules if isinstance(rule.target, RuleRouter)]


def _hives(rules: Iterable[Any]) -> Iterator[InProcess]:
    """Yield the hives of rules. A hive of an ``Api`` belongs to the family of this ``Api`` alone."""
    for rule in rules:
        if isinstance(rule, RouteList):
            yield from _hives(rule)
            continue
        hive = (getattr(rule, "target_kwargs", None) or {}).get("hive")
        if isinstance(hive, InProcess) and hive.family is None:
            yield hive
