"""ModelHive: a model's options and its routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from inspect import signature
from typing import Any

from tornado.routing import URLSpec

from bzz.http import urls
from bzz.http.model_handler import ModelHandler
from bzz.http.routes import RouteList
from bzz.http.verbs import SWITCHES
from bzz.lifecycle.in_process import InProcess
from bzz.providers import registry
from bzz.providers.base import Provider
from bzz.query.sorting import parse_sort
from bzz.resources.catalogue import register
from bzz.resources.options import METHODS, parse_methods, restrict
from bzz.resources.resource import Resource
from bzz.schema.schema import Schema


class ModelHive(InProcess):
    """The routes of one model, and the same acts for plain code.

    Args:
        provider: a known name (``'mongoengine'``), a dotted path, a Provider class or an instance.
        model: the model class.
        methods: the verbs its routes take; HEAD comes with GET, OPTIONS always.
        fields: the only fields a request may see or set, besides the primary key.
        exclude: fields it may neither see nor set.
        read_only: fields it may only see.
        write_only: fields it may only set.
        sort: default order of lists: ``'-age,name'``.
        per_page: how many instances a page of a list holds; 20, or ``max_per_page`` if that is less.
        max_per_page: how many a request may ask for.
        max_body: how many bytes a body may have.
        authenticated: whether requests take a signed-in user, whatever the application says: True, False, or for some
            of ``get``, ``create``, ``update`` and ``delete``: ``{'get': False}``.
        handler_class: a subclass of ``ModelHandler``.
        provider_options: the provider's own options.

    Raises:
        TypeError: the provider cannot serve the model, or an option is unknown or names no field of it.
        ValueError: an option's value makes no sense.
        LookupError, ImportError: the provider is unknown, or its ORM is not installed.
    """

    def __init__(
        self,
        provider: str | type[Provider] | Provider,
        model: type,
        *,
        methods: Iterable[str] = METHODS,
        fields: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        read_only: Iterable[str] = (),
        write_only: Iterable[str] = (),
        sort: str = "",
        per_page: int | None = None,
        max_per_page: int = 100,
        max_body: int = 1_048_576,
        authenticated: bool | Mapping[str, bool] | None = None,
        handler_class: type[ModelHandler] | None = None,
        **provider_options: Any,
    ) -> None:
        per_page = min(20, max_per_page) if per_page is None else per_page
        self.handler_class = handler_class or ModelHandler
        _check(per_page, max_per_page, max_body, self.handler_class)
        self.model, verbs, switches = model, parse_methods(methods), _check_authenticated(authenticated)
        super().__init__(registry.resolve(provider, provider_options, known=OPTIONS), urls.snake_case(model.__name__))

        def look() -> Resource:
            schema = restrict(
                self.provider.describe(model),
                fields=fields,
                exclude=exclude,
                read_only=read_only,
                write_only=write_only,
            )
            if sort:
                schema = replace(schema, sort=tuple(_check_sort(schema, sort)))
            return Resource(schema, verbs, per_page, max_per_page, max_body, switches)

        self._look = look
        with suppress(LookupError):  # what it refers to is not defined yet: it is looked at when it is first needed
            self.resource  # noqa: B018

    @cached_property
    def resource(self) -> Resource:
        """The model as the options leave it; raise TypeError if one of them names no field."""
        return self._look()

    @classmethod
    def routes_for(
        cls,
        provider: str | type[Provider] | Provider,
        model: type,
        prefix: str = "",
        resource_name: str | None = None,
        **options: Any,
    ) -> RouteList:
        """Return ``ModelHive(provider, model, **options).routes(prefix, resource_name)``."""
        return cls(provider, model, **options).routes(prefix, resource_name)

    def routes(self, prefix: str = "", resource_name: str | None = None) -> RouteList:
        """Return the routes of the model, as ``tornado.web.Application`` takes them.

        From now on the options hold wherever requests reach the model, and ``arguments`` have this name.

        Args:
            prefix: where they live, in any spelling: ``api``, ``/api``, ``/api/``.
            resource_name: what the resource is called; by default the class name in snake case.
        """
        name = (resource_name or urls.snake_case(self.model.__name__)).strip("/")
        if not name:
            raise ValueError("a resource has a name")
        register(self.model, lambda: self.resource)
        self.name, base = name, urls.base_path(prefix, name)
        options = {"hive": self, "name": name, "base": base}
        return RouteList([URLSpec(urls.pattern(base), self.handler_class, options)])


def _check(per_page: int, max_per_page: int, max_body: int, handler_class: type) -> None:
    if not 1 <= per_page <= max_per_page:
        raise ValueError(f"per_page is from 1 to max_per_page ({max_per_page}), not {per_page}")
    if max_body < 0:
        raise ValueError(f"max_body is a number of bytes, not {max_body}")
    if not issubclass(handler_class, ModelHandler):
        raise TypeError(f"{handler_class!r} is no subclass of bzz.ModelHandler")


def _check_sort(schema: Schema, sort: str) -> list[tuple[str, bool]]:
    try:
        return parse_sort(schema, sort)
    except ValueError as error:
        raise TypeError(f"sort: {error}") from None


def _check_authenticated(given: bool | Mapping[str, bool] | None) -> Mapping[str, bool]:
    switches = dict.fromkeys(SWITCHES, given) if isinstance(given, bool) else {} if given is None else given
    is_known = isinstance(switches, Mapping) and switches.keys() <= set(SWITCHES)
    if not is_known or not all(isinstance(value, bool) for value in switches.values()):
        raise TypeError(f"authenticated is True, False, or that for some of {', '.join(SWITCHES)}, not {given!r}")
    return dict(switches)


OPTIONS = tuple(name for name, p in signature(ModelHive.__init__).parameters.items() if p.kind is p.KEYWORD_ONLY)
