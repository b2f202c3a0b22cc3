"""ModelHive: the routes of one model, and its acts for plain code."""

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
from bzz.lifecycle.in_process import InProcess
from bzz.providers import registry
from bzz.providers.base import Provider
from bzz.query.sorting import parse_sort
from bzz.resources.catalogue import register_hive
from bzz.resources.options import METHODS, check_sizes, parse_authenticated, parse_methods, restrict
from bzz.resources.resource import Resource
from bzz.schema.schema import Schema


class ModelHive(InProcess):
    """The routes of one model, and the same acts for plain code.

    An option that names a field takes the field's name in the model or the field's public name.

    Args:
        provider: a registered name (``'mongoengine'``), a dotted path (``'package.module:Class'``), a subclass of
            ``Provider``, or an instance of a subclass.
        model: the model class.
        methods: the HTTP methods that requests may use, in upper or lower case. The default is GET, POST, PUT, PATCH
            and DELETE. GET also allows HEAD, and OPTIONS is always allowed.
        fields: names of the only fields that requests may read and set, besides the primary key. None (default) means
            all fields.
        exclude: names of fields that requests may neither read nor set. The default is none.
        read_only: names of fields that requests may read but not set. The default is none.
        write_only: names of fields that requests may set but not read. The default is none.
        rename: a dict from the model's name of a field to the public name, which requests and replies use. Plain code
            and receivers use the model's name. The default is none.
        sort: the order of a list unless the request has ``sort``. The text contains names of fields; ``-`` before a
            name means descending: ``'-age,name'``. ``''`` (default) means the model's own order. If the model has none,
            the list is sorted by the primary key.
        per_page: how many instances a page has unless the request has ``per_page``. The default is 20, or
            ``max_per_page`` if that is less.
        max_per_page: the most instances that a request may ask for on one page; 100 by default.
        max_body: the most bytes that the body of a request may have; 1,048,576 by default.
        authenticated: whether requests need a signed-in user. With None (default), ``AuthHive.configure`` decides. True
            or False is for all verbs. A dict (``{'get': False}``) is for some of the verbs ``get``, ``create``,
            ``update`` and ``delete``. Then ``AuthHive.configure`` decides about the other verbs.
        handler_class: a subclass of ``ModelHandler`` that answers the requests. None (default) means ``ModelHandler``.
        provider_options: the provider's own options. If ``provider`` is an instance, no options may be given.

    Raises:
        TypeError: the provider cannot serve the model, or an option is unknown or of a wrong type. An option may also
            name a field that the model does not have, or that a list cannot be sorted by. Two fields may also have the
            same public name.
        ValueError: ``methods`` has an unknown method, ``per_page`` is not from 1 to ``max_per_page``, or ``max_body``
            is negative.
        LookupError: no provider is registered under the name.
        ImportError: the provider's ORM is not installed. The message names the extra to install.
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
        rename: Mapping[str, str] | None = None,
        sort: str = "",
        per_page: int | None = None,
        max_per_page: int = 100,
        max_body: int = 1_048_576,
        authenticated: bool | Mapping[str, bool] | None = None,
        handler_class: type[ModelHandler] | None = None,
        **provider_options: Any,
    ) -> None:
        per_page = min(20, max_per_page) if per_page is None else per_page
        check_sizes(per_page, max_per_page, max_body)
        self.model, self.handler_class = model, _checked(handler_class or ModelHandler)
        self._access: dict[str, Any] = {
            "fields": fields,
            "exclude": exclude,
            "read_only": read_only,
            "write_only": write_only,
            "rename": rename,
        }
        self._sort, self._sizes = sort, (per_page, max_per_page, max_body)
        self._methods, self._authenticated = parse_methods(methods), parse_authenticated(authenticated)
        super().__init__(registry.resolve(provider, provider_options, known=OPTIONS), urls.snake_case(model.__name__))
        with suppress(LookupError):  # the model refers to a class that is not defined yet: the resource is built later
            self.resource  # noqa: B018  # so that a wrong option is an error here

    @cached_property
    def resource(self) -> Resource:
        """The access to the model that the hive's options allow.

        The resource is built once.

        Raises:
            TypeError: an option names a field that the model does not have, or that a list cannot be sorted by.
            LookupError: the model refers to a class that is not defined yet.
        """
        schema = restrict(self.provider.describe(self.model), **self._access)
        if self._sort:
            schema = replace(schema, sort=_parse_default_sort(schema, self._sort))
        return Resource(schema, self._methods, *self._sizes, self._authenticated)

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
        """Return the routes of the model, for ``tornado.web.Application``.

        From now on, the hive's options limit every path and expansion in this process that leads to the model. The
        ``arguments`` of the hive's acts begin with the resource's name.

        Args:
            prefix: the path that the resource lies below, in any spelling: ``api``, ``/api``, ``/api/``.
            resource_name: the name of the resource; None (default) for the class name in snake case.

        Raises:
            ValueError: ``resource_name`` contains only slashes.
        """
        name = (resource_name or urls.snake_case(self.model.__name__)).strip("/")
        if not name:
            raise ValueError(f"resource_name must have more than slashes, not {resource_name!r}")
        register_hive(self.model, lambda: self.resource)
        self.name = name

        def rules(outer: str) -> list[URLSpec]:
            base = urls.base_path(f"{outer}/{prefix}", name)
            return [URLSpec(urls.pattern(base), self.handler_class, {"hive": self, "name": name, "base": base})]

        return RouteList(rules)


def _checked(handler_class: type[ModelHandler]) -> type[ModelHandler]:
    if not issubclass(handler_class, ModelHandler):
        raise TypeError(f"handler_class must be a subclass of bzz.ModelHandler, not {handler_class!r}")
    return handler_class


def _parse_default_sort(schema: Schema, sort: str) -> tuple[tuple[str, bool], ...]:
    try:
        return tuple(parse_sort(schema, ",".join(_public_part(schema, part) for part in sort.split(","))))
    except ValueError as error:
        raise TypeError(f"sort: {error}") from None


def _public_part(schema: Schema, part: str) -> str:
    """Return one part of an order, ``-age``, with the public name of its field."""
    name = part.removeprefix("-")
    known = schema.field_named(name)
    return part.replace(name, schema.public_name(known.name)) if known else part


OPTIONS = tuple(name for name, p in signature(ModelHive.__init__).parameters.items() if p.kind is p.KEYWORD_ONLY)
