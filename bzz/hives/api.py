"""Api: several hives as one API, below one prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Unpack

from tornado.routing import Rule, URLSpec

from bzz.hives.auth import AuthHive
from bzz.hives.mock import MockHive
from bzz.hives.model import ModelHive
from bzz.hives.options import DEFAULTS, HiveDefaults
from bzz.http.not_found import NotFoundHandler
from bzz.http.routes import RouteList
from bzz.http.urls import base_path
from bzz.resources.family import Family

Hive = ModelHive | AuthHive | MockHive | RouteList


class Api:
    """Several hives as one API.

    The model hives are a family: requests to one of them reach the models of all of them, and no other model. Another
    ``Api`` may serve the same models with other options.

    Args:
        hives: hives, and route lists that ``routes_for`` or ``routes`` returned. A route list keeps its own prefix
            below the prefix of the API.
        prefix: the path that all routes lie below, in any spelling: ``v1``, ``/v1``, ``/v1/``.
        title: the name of the API.
        version: the version of the API.
        defaults: options for the model hives that do not set them: ``methods``, ``per_page``, ``max_per_page``,
            ``max_body``, ``max_reply``, ``types``, ``authenticated`` and ``handler_class``. ``ModelHive`` describes
            each.

    Raises:
        TypeError: one of ``hives`` is neither a hive nor a route list, or an option is unknown.
        ValueError: a hive belongs to another ``Api`` already, or two hives of one model have ``main=True``. An option
            may also be out of range.
    """

    def __init__(
        self,
        hives: Iterable[Hive],
        *,
        prefix: str = "",
        title: str = "",
        version: str = "1",
        **defaults: Unpack[HiveDefaults],
    ) -> None:
        if unknown := sorted(defaults.keys() - {*DEFAULTS}):
            raise TypeError(f"unknown option {', '.join(unknown)}; there are {', '.join(DEFAULTS)}")
        self.prefix, self.title, self.version = prefix, title, version
        self.hives = [_checked(hive) for hive in hives]
        models = list(dict.fromkeys(model for hive in self.hives for model in _model_hives(hive)))
        self.family = Family(models)
        for model in models:
            model.join(self.family, defaults)

    def routes(self) -> RouteList:
        """Return the routes of all hives, for ``tornado.web.Application``.

        Below a prefix, the last route answers every other path with a 404.
        """
        return RouteList(self._rules)

    def _rules(self, prefix: str) -> list[Rule]:
        outer = f"{prefix}/{self.prefix}"
        rules: list[Rule] = []
        for hive in self.hives:
            rules += hive.below(outer) if isinstance(hive, RouteList) else hive.routes(outer)
        if self.prefix.strip("/"):
            rules.append(URLSpec(f"{re.escape(base_path(prefix, self.prefix))}(?:/.*)?", NotFoundHandler))
        return rules


def _checked(hive: object) -> Hive:
    if not isinstance(hive, Hive):
        raise TypeError(f"an Api takes hives and what routes_for returned, not {hive!r}")
    return hive


def _model_hives(hive: Hive) -> list[ModelHive]:
    if isinstance(hive, ModelHive):
        return [hive]
    rules = hive if isinstance(hive, RouteList) else ()
    served = (rule.target_kwargs.get("hive") for rule in rules)
    return [model for model in served if isinstance(model, ModelHive)]
