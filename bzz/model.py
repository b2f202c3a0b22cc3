"""ModelHive: a model's routes, and how each verb becomes an act and its result a reply."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature
from typing import Any
from urllib.parse import urlencode

from tornado.routing import Matcher, URLSpec

from bzz import actions, encoding, registry, routing
from bzz.exceptions import MethodNotAllowed
from bzz.handlers import Handler
from bzz.interfaces import Outcome, Path, Provider, Query
from bzz.resources import Resource

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class RouteList(list[Any]):
    """Rules, as ``tornado.web.Application`` takes them: what ``routes_for`` and ``flatten`` return."""


class ModelHive:
    """The routes of one model.

    Args:
        provider: a known name (``'mongoengine'``), a dotted path, a Provider class or an instance.
        model: the model class.
        methods: the verbs its routes take; HEAD comes with GET, OPTIONS always.
        fields: the only fields a request may see or set, besides the primary key.
        exclude: fields it may neither see nor set.
        read_only: fields it may only see.
        write_only: fields it may only set.
        sort: default order of lists: ``'-age,name'``.
        per_page: how many instances a page of a list holds.
        max_per_page: how many a request may ask for.
        max_body: how many bytes a body may have.
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
        per_page: int = 20,
        max_per_page: int = 100,
        max_body: int = 1_048_576,
        handler_class: type[ModelHandler] | None = None,
        **provider_options: Any,
    ) -> None:
        self.provider = registry.resolve(provider, provider_options, known=OPTIONS)
        resource = self.provider.describe(model)
        self.resource = resource.restrict(fields=fields, exclude=exclude, read_only=read_only, write_only=write_only)
        self.sort = _check_sort(self.resource, sort) if sort else list(resource.sort)
        taken = _check_methods(methods)
        self.collection_methods = _allowed(("GET", "HEAD", "POST"), taken)
        self.instance_methods = _allowed(("GET", "HEAD", "PUT", "PATCH", "DELETE"), taken)
        if not 1 <= per_page <= max_per_page:
            raise ValueError(f"per_page is from 1 to max_per_page ({max_per_page}), not {per_page}")
        self.per_page, self.max_per_page, self.max_body = per_page, max_per_page, max_body
        if max_body < 0:
            raise ValueError(f"max_body is a number of bytes, not {max_body}")
        self.handler_class = handler_class or ModelHandler
        if not issubclass(self.handler_class, ModelHandler):
            raise TypeError(f"{self.handler_class!r} is no subclass of bzz.ModelHandler")

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

        Args:
            prefix: where they live, in any spelling: ``api``, ``/api``, ``/api/``.
            resource_name: what the resource is called; by default the class name in snake case.
        """
        name = (resource_name or routing.snake_case(self.resource.model.__name__)).strip("/")
        if not name:
            raise ValueError("a resource has a name")
        base = routing.base_path(prefix, name)
        return RouteList(
            [URLSpec(routing.pattern(base), self.handler_class, {"hive": self, "name": name, "base": base})]
        )


class ModelHandler(Handler):
    """Answers the requests to one model's routes; subclass it to change how."""

    def initialize(self, hive: ModelHive, name: str, base: str) -> None:
        """Take what ``ModelHive.routes`` gives: the hive, the resource's name, its percent-encoded path."""
        self.hive, self.name, self.base = hive, name, base

    def prepare(self) -> None:
        """Find out what the request points at, and refuse a method that it does not take."""
        self.path = Path(self.hive.resource, self.name, routing.identifier(self.base, self.request.path))
        if self.request.method not in self._allowed():
            raise MethodNotAllowed(self._allowed())

    async def get(self) -> None:
        """Answer with an instance, or with a page of a list."""
        if self.path.id is None:
            await self._get_list()
        else:
            outcome = await actions.get_instance(self.hive.provider, self.path, handler=self)
            self.reply(outcome.body)

    async def head(self) -> None:
        """Answer as GET does; Tornado leaves the body out."""
        await self.get()

    async def post(self) -> None:
        """Create an instance: 201, with where it is."""
        body = await self.read_body(self.hive.max_body)
        outcome = await actions.create_instance(self.hive.provider, self.path, body, handler=self)
        if not self._finished:
            self._announce(outcome)
            self.reply(outcome.body, 201)

    async def put(self) -> None:
        """Merge the body into an instance."""
        body = await self.read_body(self.hive.max_body)
        outcome = await actions.update_instance(self.hive.provider, self.path, body, handler=self)
        self.reply(outcome.body)

    async def patch(self) -> None:
        """Merge the body into an instance, as PUT does."""
        await self.put()

    async def delete(self) -> None:
        """Delete an instance: 204."""
        await actions.delete_instance(self.hive.provider, self.path, handler=self)
        self.reply_empty()

    def options(self) -> None:
        """Say which methods the path takes."""
        self.set_header("Allow", ", ".join(self._allowed()))
        self.reply_empty()

    def compute_etag(self) -> None:
        """Offer no ETag: Tornado's own is of the body, and nothing compares it on a write."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document; with ``Allow`` for a method that Tornado itself refused."""
        if status_code == 405:
            self.set_header("Allow", ", ".join(self._allowed()))
        super().write_error(status_code, **kwargs)

    def _allowed(self) -> tuple[str, ...]:
        is_instance = len(self.request.path.rstrip("/")) > len(self.base)
        return self.hive.instance_methods if is_instance else self.hive.collection_methods

    def _announce(self, outcome: Outcome) -> None:
        if outcome.id is not None:
            self.set_header("Location", routing.location(self.base, outcome.id))
            self.set_header("X-Created-Id", routing.encode(outcome.id))

    async def _get_list(self) -> None:
        query = encoding.parse_query(
            self.hive.resource,
            self.request.query,
            sort=self.hive.sort,
            per_page=self.hive.per_page,
            max_per_page=self.hive.max_per_page,
        )
        listing = await actions.get_list(self.hive.provider, self.path, query, handler=self)
        if not self._finished:
            self._link(query, more=listing.more)
            self.reply(listing.bodies)

    def _link(self, query: Query, *, more: bool) -> None:
        """Set ``Link`` to the pages around this one (RFC 8288, section 3)."""
        pages = {"first": 1}
        if query.page > 1:
            pages["prev"] = query.page - 1
        if more:
            pages["next"] = query.page + 1
        kept = [(key, value) for key, value in encoding.query_pairs(self.request.query) if key != "page"]
        links = [f'<{self.request.path}?{urlencode([*kept, ("page", n)])}>; rel="{rel}"' for rel, n in pages.items()]
        self.set_header("Link", ", ".join(links))


def flatten(routes: Iterable[Any]) -> RouteList:
    """Return one list of rules from route lists and ordinary Tornado rules, in their order.

    Args:
        routes: lists of routes, as ``routes_for`` returns them, which are spliced however deep, and rules as
            ``tornado.web.Application`` takes them, be they written as tuples or as lists.
    """
    flat = RouteList()
    for item in routes:
        is_rule = not isinstance(item, list) or (item and isinstance(item[0], (str, Matcher)))
        flat += [item] if is_rule else flatten(item)
    return flat


def _check_sort(resource: Resource, sort: str) -> list[tuple[str, bool]]:
    try:
        return encoding.parse_sort(resource, sort)
    except ValueError as error:
        raise TypeError(f"sort: {error}") from None


def _check_methods(methods: Iterable[str]) -> frozenset[str]:
    if isinstance(methods, str):
        raise TypeError(f"methods takes several names, not the text {methods!r}")
    given = frozenset(method.upper() for method in methods)
    if not given <= set(METHODS):
        raise ValueError(f"methods are {', '.join(METHODS)}, not {', '.join(sorted(given - set(METHODS)))}")
    return given | {"HEAD"} if "GET" in given else given


def _allowed(on_path: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    return (*(method for method in on_path if method in taken), "OPTIONS")


OPTIONS = tuple(name for name, p in signature(ModelHive.__init__).parameters.items() if p.kind is p.KEYWORD_ONLY)
