"""How each verb on a model's paths becomes an act, and what the act returns a reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any

from bzz.concurrency.offload import off_loop
from bzz.exceptions import BzzError, MethodNotAllowed, NotFound, Unsupported
from bzz.http import bodies, headers, urls
from bzz.http.handler import Handler
from bzz.http.links import page_links
from bzz.http.policy import require_user
from bzz.http.verbs import METHODS_OF, VERBS
from bzz.lifecycle import expanding, members, reads, writes
from bzz.lifecycle.act import Act
from bzz.lifecycle.in_process import InProcess
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import ActState, Listing, Query, Stored
from bzz.query import expansion
from bzz.query.parser import Parser
from bzz.resources.catalogue import resource_of
from bzz.resources.paths import Step, find_path
from bzz.resources.resource import Resource
from bzz.schema import etags
from bzz.signals import post_get_instance

Verb = Callable[..., Awaitable[None] | None]


def ending(answer: Verb) -> Callable[..., Coroutine[Any, Any, None]]:
    """Have the unit of work of a verb's answer end with it, and nothing of the request be left to collect."""

    @wraps(answer)
    async def run(self: ModelHandler, *args: Any, **kwargs: Any) -> None:
        is_outermost, self.is_answering = not self.is_answering, True
        try:
            answering = answer(self, *args, **kwargs)
            if answering is not None:
                await answering
        finally:
            if is_outermost:
                unit_of_work = self.act.unit_of_work
                await unit_of_work.end()
                unit_of_work.state.handler = None  # which has the act that has the store

    return run


class ModelHandler(Handler):
    """Answers the requests to one model's routes; subclass it to change how."""

    is_answering = False

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: D105  # an answer of a subclass ends, too
        super().__init_subclass__(**options)
        for verb in vars(cls).keys() & {"get", "head", "post", "put", "patch", "delete"}:
            setattr(cls, verb, ending(vars(cls)[verb]))

    def initialize(self, hive: InProcess, name: str, base: str) -> None:
        """Take what ``ModelHive.routes`` gives.

        Args:
            hive: of the model.
            name: the resource's.
            base: its percent-encoded path.
        """
        self.hive, self.provider, self.name, self.base = hive, hive.provider, name, base

    @property
    def resource(self) -> Resource:
        """The model as its hive's options leave it."""
        return self.hive.resource

    async def prepare(self) -> None:
        """Find out who asks for what, and refuse whom the models along the path do not admit.

        Raises:
            Unauthorized: it takes a signed-in user.
            NotFound, MethodNotAllowed: the path leads nowhere, or does not take the method.
        """
        await super().prepare()
        self.resources = [self.resource]
        try:
            self._find_path()
        finally:  # whom the first model does not admit is not told what there is below it
            self._admit(self.resources)
        self.act = Act(UnitOfWork(self.provider, ActState(self)), self.path)
        if self.request.method not in self._allowed():
            raise MethodNotAllowed(self._allowed())

    @ending
    async def get(self) -> None:
        """Answer with an instance, or with a page of a list."""
        if self.path.end.is_list:
            query = self._admit_to(self._parser().query(self.request.query))
            listing, cursor = await reads.get_list(self.act, query)
            self._link(query, listing, cursor)
            self.reply(await self._shown(listing.items, query))
        else:
            query = self._shape()
            stored = await reads.get_instance(self.act)
            is_as_stored = not post_get_instance.has_receivers_for(self.path.schema.model)
            await self._tag(stored, is_as_stored=is_as_stored)
            is_function_of_tag = is_as_stored and not (query.expand or self.act.undefer or self.path.schema.has_to_dict)
            if is_function_of_tag and self.check_etag_header():
                self.reply_empty(304)
            else:
                self.reply(*await self._shown([stored], query))

    async def head(self) -> None:
        """Answer as GET does; Tornado leaves the body out."""
        await self.get()

    @ending
    async def post(self) -> None:
        """Create an instance, or have existing ones join a relation: 201, with where it is."""
        query, body = self._shape(lenient=True), await self._body()
        if self.path.end.is_reference:
            await self._associate(body, query)
            return
        stored = await writes.create_instance(self.act, body)
        identifier = self.path.schema.id_of(stored.values) if self.path.end.is_list else None
        if identifier is not None:
            self.set_header("X-Created-Id", urls.encode(identifier))
        if identifier is not None or not self.path.end.is_list:
            self.set_header("Location", urls.location(self.base, self.path, identifier))
        await self._reply_to_write([stored], query, 201)

    @ending
    async def put(self) -> None:
        """Merge the body into an instance."""
        query, body = self._shape(lenient=True), await self._body()
        stored = await writes.update_instance(self.act, body, self._precondition())
        await self._reply_to_write([stored], query)

    async def patch(self) -> None:
        """Merge the body into an instance, as PUT does."""
        await self.put()

    @ending
    async def delete(self) -> None:
        """Delete an instance, or take it out of the relation that the path leads through: 204."""
        if self.path.end.is_reference:
            await members.dissociate(self.act, self._precondition())
        else:
            await writes.delete_instance(self.act, self._precondition())
        self.reply_empty()

    def options(self) -> None:
        """Say which methods the path takes."""
        self.set_header("Allow", ", ".join(self._allowed()))
        self.reply_empty()

    def encode(self, value: Any) -> bytes:
        """Return ``value`` as JSON, and what only the model's store knows as that shows it."""
        return bodies.dumps(value, self.resource.schema.json.dump)

    def compute_etag(self) -> None:
        """Offer no entity tag of a body; an instance's own is of its stored state."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document; with ``Allow`` for a method that Tornado itself refused."""
        if status_code == 405:
            with suppress(NotFound):
                self._find_path()
                self.set_header("Allow", ", ".join(self._allowed()))
        super().write_error(status_code, **kwargs)

    def _find_path(self) -> None:
        """Find the path, and the views of the models along it that are stored on their own."""
        below = urls.segments(self.base, self.request.path)
        self.path, self.resources = find_path(
            self.resource, self.name, below, lambda model: resource_of(self.provider, model)
        )

    def _parser(self) -> Parser:
        return Parser.at(self.provider, self.path, self.resources[-1])

    def _shape(self, *, lenient: bool = False) -> Query:
        return self._admit_to(self._parser().shape(self.request.query, lenient=lenient))

    def _admit_to(self, query: Query) -> Query:
        """Return a query whose reply shows nothing that who asks is not admitted to; raise Unauthorized otherwise."""
        if query.expand:
            tree = expansion.plan(self.provider, self.path.schema, query.expand)
            self._admit((resource_of(self.provider, model) for model in expansion.models(tree)), "get")
        self.act.undefer = expansion.undeferred(self.path.schema, query)
        return query

    def _admit(self, resources: Iterable[Resource], verb: str | None = None) -> None:
        """Raise Unauthorized if nobody is signed in and one of ``resources`` wants that for ``verb``, or the request's."""
        if self._takes_user(resources, verb or VERBS.get(str(self.request.method))):
            require_user(self)

    def _may_read(self) -> bool:
        """Tell whether who asks would be admitted to read what the path leads to."""
        return bool(self.current_user) or not self._takes_user(self.resources, "get")

    def _takes_user(self, resources: Iterable[Resource], verb: str | None) -> bool:
        """Tell whether one of ``resources`` wants a signed-in user for ``verb``; nothing else does."""
        if verb is None:
            return False
        default = self._gate is not None and self._gate.authenticated[verb]
        return any(resource.authenticated.get(verb, default) for resource in resources)

    def _allowed(self) -> tuple[str, ...]:
        """Return the methods that the path takes, and that every model along it does."""
        taken = frozenset.intersection(*(resource.methods for resource in self.resources))
        if not _may_be_written(self.path.steps):
            taken -= {"POST", "PUT", "PATCH", "DELETE"}
        fitting = (method for act in self.path.end.acts for method in METHODS_OF[act])
        return (*(method for method in fitting if method in taken), "OPTIONS")

    async def _body(self) -> dict[str, Any]:
        return await self.read_body(min(resource.max_body for resource in self.resources))

    def _precondition(self) -> Precondition | None:
        """Return what the request depends on; raise Unauthorized if who asks may not know that."""
        match, none_match = self._entity_tags("If-Match"), self._entity_tags("If-None-Match")
        if match is None and none_match is None:
            return None
        self._admit(self.resources, "get")
        if not self.provider.capabilities.if_match:
            raise Unsupported("The store cannot compare and write in one step.")
        return Precondition(
            None if match is None else frozenset(tag for tag, is_weak in match if not is_weak),
            None if none_match is None else frozenset(tag for tag, _ in none_match),
        )

    def _entity_tags(self, name: str) -> list[tuple[str, bool]] | None:
        value = self.request.headers.get(name)
        return None if value is None else headers.parse_entity_tags(value)

    async def _associate(self, body: dict[str, Any], query: Query) -> None:
        result = await members.associate(self.act, body)
        if not self._may_read():
            self.reply_empty()
            return
        if len(result.members) == 1:
            [member] = result.members
            identifier = self.path.schema.id_of(member.values) if self.path.end.is_list else None
            self.set_header("Location", urls.location(self.base, self.path, identifier))
        await self._reply_to_write(result.members, query, 201 if result.has_changed else 200, tagged=False)

    async def _reply_to_write(
        self, items: Sequence[Stored], query: Query, status_code: int = 200, *, tagged: bool = True
    ) -> None:
        """Answer with what was written; without it if who has written it may not read it.

        Or if it cannot be shown now, as nobody should write it once more.
        """
        if not self._may_read():
            self.reply_empty(201 if status_code == 201 else 204)
            return
        bodies, is_represented = None, False
        with suppress(BzzError):
            items, is_represented = await self.act.represented(items), True
        if tagged:
            await self._tag(items[0])
        with suppress(BzzError):
            bodies = await self._shown(items, query) if is_represented else None
        if bodies is None:
            self.reply_empty(201 if status_code == 201 else 204)
        else:
            self.reply(bodies[0] if len(bodies) == 1 else bodies, status_code)

    async def _tag(self, stored: Stored, *, is_as_stored: bool = True) -> None:
        """Set the entity tag, made of the representation where that shows the stored values and nothing else."""
        schema = self.path.schema
        shown = stored.body if is_as_stored and not schema.has_to_dict else None
        self.set_header("ETag", await off_loop(shown or stored.values, etags.etag, schema, stored.values, shown))

    async def _shown(self, items: Sequence[Stored], query: Query) -> list[Any]:
        """Return the representations of instances as ``fields`` and ``expand`` of a query have them."""
        bodies, schema = [item.body for item in items], self.path.schema
        if query.expand:
            tree = expansion.plan(self.provider, schema, query.expand)
            await expanding.expand(self.act.unit_of_work, bodies, tree)
        if query.fields is not None:
            shown = {*query.fields, *(name.partition(".")[0] for name in query.expand)}
            bodies = [{k: v for k, v in b.items() if k in shown} if isinstance(b, dict) else b for b in bodies]
        return bodies

    def _link(self, query: Query, listing: Listing, cursor: str | None) -> None:
        """Set ``Link`` to the pages around this one (RFC 8288, section 3), and the number of instances on all."""
        self.set_header("Link", page_links(self.request.path, self.request.query, query, listing, cursor))
        if listing.total is not None:
            self.set_header("X-Total-Count", str(listing.total))


def _may_be_written(steps: Sequence[Step]) -> bool:
    """Tell whether requests may change the fields through which a path reaches what it ends in, as far as they change.

    That is the last one, and those of the embedded documents it lies in.
    """
    for step, before in zip(reversed(steps), reversed(steps[:-1]), strict=False):
        if step.relation and not step.relation.field.updatable:
            return False
        if not before.is_embedded:
            break
    return True
