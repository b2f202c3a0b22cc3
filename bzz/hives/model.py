"""ModelHive: the routes of one model, and its acts for plain code."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any, Unpack

from tornado.routing import URLSpec

from bzz.hives.options import ACCESS, OPTIONS, HiveDefaults, HiveOptions
from bzz.http import urls
from bzz.http.model_handler import ModelHandler
from bzz.http.routes import RouteList
from bzz.lifecycle.in_process import InProcess
from bzz.providers import registry
from bzz.providers.base import Provider
from bzz.query.sorting import parse_sort
from bzz.resources.family import Family
from bzz.resources.options import (
    METHODS,
    check_sizes,
    parse_authenticated,
    parse_methods,
    restrict,
    shown_by_to_dict,
)
from bzz.resources.resource import MAX_REPLY, Resource
from bzz.schema.computed import with_computed
from bzz.schema.custom_types import Types
from bzz.schema.schema import Schema

NOWHERE = "(?!)"  # a pattern that matches no path


class ModelHive(InProcess):
    """The routes of one model, and the same acts for plain code.

    An option that names a field takes the field's name in the model or the field's public name. All options are keyword
    arguments. They hold on each path and in each reply of the hive's family that leads to the model.

    Args:
        provider: an instance of ``Provider``. It may also be a subclass of ``Provider``, a registered name
            (``'mongoengine'``), or a dotted path (``'package.module:Class'``).
        model: the model class.
        methods: the HTTP methods that requests may use, in upper or lower case. The default is GET, POST, PUT, PATCH
            and DELETE. GET also allows HEAD, and OPTIONS is always allowed.
        fields: names of the only fields that requests may read and set, besides the primary key. None (default) means
            all fields.
        exclude: names of fields that requests may neither read nor set. The default is none.
        read_only: names of fields that requests may read but not set. The default is none.
        write_only: names of fields that requests may set but not read. The default is none.
        create_only: names of fields that requests may read, and set only when they create an instance. The default is
            none.
        optional: names of required fields that requests may leave out when they create an instance, because a receiver
            supplies the values. The default is none.
        to_dict: whether the model's own ``to_dict()`` makes the representations of instances. The default is False: the
            fields make them, unless the model has a method that ``bzz.represents`` marks.
        computed: names of hybrids and properties of the model that replies show. A reply computes them in the thread or
            session that reads the instance. A value whose computation raises an exception is null. The default is none.
        rename: a dict from the model's name of a field to the public name, which requests and replies use. Plain code
            and receivers use the model's name. The default is none.
        scope: a function that narrows the instances that requests may see. It takes a queryset and the handler, and
            returns the narrowed queryset. None (default) means all instances that the model's own hooks show.
        main: whether this hive alone decides how other hives of its family reach the model. The default is False. Then
            a request that reaches the model through another model must be allowed by all hives of the model.
        nested_only: whether the hive has no routes of its own. The model is then reached only through other models. The
            default is False.
        sort: the order of a list unless the request has ``sort``. The text contains names of fields; ``-`` before a
            name means descending: ``'-age,name'``. ``''`` (default) means the model's own order. If the model has none,
            the list is sorted by the primary key.
        per_page: how many instances a page has unless the request has ``per_page``. The default is 20, or
            ``max_per_page`` if that is less.
        max_per_page: the most instances that a request may ask for on one page; 100 by default.
        max_body: the most bytes that the body of a request may have; 1,048,576 by default.
        max_reply: the most bytes that the reply to a read may have; 16,777,216 by default.
        authenticated: whether requests need a signed-in user. With None (default), ``AuthHive.configure`` decides. True
            or False is for all verbs. A dict (``{'get': False}``) is for some of the verbs ``get``, ``create``,
            ``update`` and ``delete``. Then ``AuthHive.configure`` decides about the other verbs.
        types: a dict that tells how requests see the values of types that bzz does not know, by the class of the ORM's
            type: a column type of SQLAlchemy, a field class of MongoEngine, or a type hint in memory. Each value is a
            ``bzz.providers.Type``, or another ``DataType``. They hold for all hives of the provider.
        handler_class: a subclass of ``ModelHandler`` that answers the requests. None (default) means ``ModelHandler``.
        provider_options: the provider's own options, if ``provider`` is not an instance.

    Raises:
        TypeError: the provider cannot serve the model, or an option is unknown or of a wrong type. An option may also
            name a field that the model does not have, or that a list cannot be sorted by. Two fields may also have the
            same public name. The store may also lack a capability that the model needs.
        ValueError: ``methods`` has an unknown method, ``per_page`` is not from 1 to ``max_per_page``, or ``max_body``
            or ``max_reply`` is too small.
        LookupError: no provider is registered under the name.
        ImportError: the provider's ORM is not installed. The message names the extra to install.
    """

    def __init__(self, provider: str | type[Provider] | Provider, model: type, **options: Unpack[HiveOptions]) -> None:
        self._given: Any = {name: value for name, value in options.items() if name in OPTIONS}
        own = {name: value for name, value in options.items() if name not in OPTIONS}
        found = registry.resolve(provider, own, known=OPTIONS)
        super().__init__(found, model, urls.snake_case(model.__name__))
        self._configure(self._given)

    def _configure(self, options: Any) -> None:
        """Take the options, which are those of ``HiveOptions``."""
        limit = options.get("max_per_page", 100)
        per_page = options.get("per_page")
        self._sizes = {
            "per_page": min(20, limit) if per_page is None else per_page,
            "max_per_page": limit,
            "max_body": options.get("max_body", 1_048_576),
            "max_reply": options.get("max_reply", MAX_REPLY),
        }
        check_sizes(**self._sizes)
        self.provider.add_types(options.get("types", {}))
        self._methods = parse_methods(options.get("methods", METHODS))
        self._authenticated = parse_authenticated(options.get("authenticated"))
        self.handler_class = _checked(options.get("handler_class") or ModelHandler)
        self.is_main, self.is_nested_only = bool(options.get("main")), bool(options.get("nested_only"))
        self._access = {name: options[name] for name in ACCESS if name in options}
        self._sort, self._computed = options.get("sort", ""), options.get("computed", ())
        self._has_to_dict = bool(options.get("to_dict"))
        vars(self).pop("resource", None)
        with suppress(LookupError):  # the model refers to a class that is not defined yet: the resource is built later
            self.resource  # noqa: B018  # so that a wrong option is an error here

    @cached_property
    def resource(self) -> Resource:
        """The access to the model that the hive's options allow.

        The resource is built once.

        Raises:
            TypeError: an option names a field that the model does not have, or that a list cannot be sorted by. The
                reason may also be that the store cannot do what the schema of the model asks for.
            LookupError: the model refers to a class that is not defined yet.
        """
        described, able = self.provider.describe(self.model), self.provider.capabilities
        able.check(described)
        schema = restrict(with_computed(described, self._computed), **self._access)
        if self._has_to_dict:
            schema = shown_by_to_dict(schema)
        if self._sort and not able.sort:
            raise TypeError(f"sort: the store of {self.model.__name__} cannot sort lists")
        if self._sort:
            schema = replace(schema, sort=_parse_default_sort(schema, self._sort))
        return Resource(schema, self._methods, authenticated=self._authenticated, **self._sizes)

    def join(self, family: Family, defaults: HiveDefaults) -> None:
        """Make the hive part of an ``Api``.

        Args:
            family: the hives of the ``Api``.
            defaults: options for which the hive has no value of its own.

        Raises:
            ValueError: the hive is part of another ``Api``, or two options do not fit together.
        """
        if self.family is not None:
            raise ValueError(f"the hive of {self.model.__name__} belongs to another Api: make one hive for each Api")
        self.family = family
        given = self._authenticated
        types: Types = {**defaults.get("types", {}), **self._given.get("types", {})}
        self._configure({**defaults, **self._given, "types": types})
        self._authenticated = {**parse_authenticated(defaults.get("authenticated")), **given}
        vars(self).pop("resource", None)

    @classmethod
    def routes_for(
        cls,
        provider: str | type[Provider] | Provider,
        model: type,
        prefix: str = "",
        resource_name: str | None = None,
        **options: Unpack[HiveOptions],
    ) -> RouteList:
        """Return ``ModelHive(provider, model, **options).routes(prefix, resource_name)``."""
        return cls(provider, model, **options).routes(prefix, resource_name)

    def routes(self, prefix: str = "", resource_name: str | None = None) -> RouteList:
        """Return the routes of the model, for ``tornado.web.Application`` or ``Api``.

        The ``arguments`` of the hive's acts begin with the resource's name.

        Args:
            prefix: the path that the resource lies below, in any spelling: ``api``, ``/api``, ``/api/``.
            resource_name: the name of the resource; None (default) for the class name in snake case.

        Raises:
            ValueError: ``resource_name`` contains only slashes.
        """
        name = (resource_name or urls.snake_case(self.model.__name__)).strip("/")
        if not name:
            raise ValueError(f"resource_name must have more than slashes, not {resource_name!r}")
        self.name = name

        def rules(outer: str) -> list[URLSpec]:
            base = urls.base_path(f"{outer}/{prefix}", name)
            pattern = NOWHERE if self.is_nested_only else urls.pattern(base)
            return [URLSpec(pattern, self.handler_class, {"hive": self, "name": name, "base": base})]

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
