"""The handler of a model's routes, which runs acts and sends their results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from bzz.exceptions import BadRequest, MethodNotAllowed, NotFound, Unsupported
from bzz.http import urls
from bzz.http.admission import admit, reach_of, refusal_at
from bzz.http.families import family_of
from bzz.http.handler import Handler
from bzz.http.headers import parse_precondition
from bzz.http.links import page_links
from bzz.http.stored import after_write
from bzz.http.verbs import READING, VERB_OF, WRITES, Gate, allowed_methods, gates, takes
from bzz.lifecycle import members, reads, writes
from bzz.lifecycle.act import Act
from bzz.lifecycle.expanding import shown_items, too_long
from bzz.lifecycle.in_process import InProcess
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.representing import represented
from bzz.lifecycle.targets import hides
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import ActState, Query, Stored
from bzz.query import expansion
from bzz.query.parser import Parser
from bzz.resources.family import FamilyReach
from bzz.resources.paths import parse_path
from bzz.schema import encoding, etags


class ModelHandler(Handler):
    """The handler of one model's routes. Subclass it to change the replies.

    First, ``prepare`` parses the path and asks the policy. If there is no such path, the reply is a 404. If the user
    must sign in, it is a 401. If the user does not pass a check, it is a 403. Then ``get``, ``post`` or another method
    reads the query string and the body. If they are wrong, the reply is a 400. Otherwise the method runs the act, ends
    the unit of work, and replies.
    """

    def initialize(self, hive: InProcess, name: str, base: str) -> None:
        """Take the arguments of the route.

        Args:
            hive: the hive of the model.
            name: the name of the resource.
            base: the resource's percent-encoded path.
        """
        self.hive, self.provider, self.name, self.base = hive, hive.provider, name, base

    async def prepare(self) -> None:
        """Identify the user, parse the path, and check the method.

        Raises:
            Unauthorized: the request needs a signed-in user.
            Forbidden: the user does not pass a check.
            NotFound: the path does not exist.
            MethodNotAllowed: the path does not take the method.
        """
        await super().prepare()
        method, reach = str(self.request.method), await reach_of(self, self._policy, self.hive)
        needed = [Gate(self.hive.resource, VERB_OF.get(method, "get"), frozenset())]
        try:
            self._parse_path(reach)
            needed = [*gates(self.path, method)]
        finally:  # before a 404: a client that must sign in must not learn which paths exist
            await admit(self, self._policy, needed)
        if not takes(self.path, method, needed):
            raise MethodNotAllowed(allowed_methods(self.path))
        if method in WRITES:  # asked now, because nothing may fail once a write is stored
            self._refusal_to_read = await refusal_at(self, self._policy, gates(self.path, "GET"))

    async def get(self) -> None:
        """Answer with an instance, or with a page of a list."""
        if self.path.end.is_list:
            await self._get_list()
        else:
            await self._get_instance()

    async def _get_list(self) -> None:
        query = await self._admitted(Parser(self.provider, self.path).query(self.request.query))
        async with self._act(query) as act:
            listing, cursor = await reads.get_list(act, query)
            shown = await shown_items(act, await represented(act, listing.items), query)
        has_numbers = self.path.end.is_embedded or self.provider.capabilities.page
        links = page_links(self.request.path, self.request.query, query, listing, cursor, has_numbers=has_numbers)
        self.set_header("Link", links)
        if listing.total is not None:
            self.set_header("X-Total-Count", str(listing.total))
        self._reply_to_read(shown)

    async def _get_instance(self) -> None:
        query = await self._shape()
        async with self._act(query) as act:
            stored = await reads.get_instance(act)
            shown, is_as_stored, schema = await represented(act, [stored]), not act.has_changes, act.schema_of(stored)
            await self._set_etag(act, stored, shown[0], is_as_stored=is_as_stored)
            is_covered = act.undefer.keys() <= schema.coverable and not (query.expand or schema.represented_by)
            is_unchanged = is_as_stored and is_covered and self.check_etag_header()
            shown = [] if is_unchanged else await shown_items(act, shown, query)
        if is_unchanged:
            self.reply_empty(304)
        else:
            self._reply_to_read(*shown)

    async def head(self) -> None:
        """Answer as GET does. Tornado leaves the body out."""
        await self.get()

    async def post(self) -> None:
        """Create an instance, or associate existing instances.

        The status of the reply is 201. After ``associate`` it is 200 if all instances were members already, and 204 if
        the caller may not read them.
        """
        query, body = await self._shape(), await self._body()
        async with self._act(query) as act:
            if self.path.end.is_reference:
                answer = await self._associate(act, body, query)
            else:
                answer = await self._create(act, body, query)
        self._reply_to_write(*answer)

    async def _create(self, act: Act, body: dict[str, Any], query: Query) -> tuple[list[Any] | None, int]:
        stored = await writes.create_instance(act, body)
        with after_write():
            identifier = self.path.schema.id_of(stored.values) if self.path.end.is_list else None
            if identifier is not None:
                self.set_header("X-Created-Id", urls.encode_segment(identifier))
            if identifier is not None or not self.path.end.is_list:
                self.set_header("Location", urls.location(self.base, self.path, identifier))
        return await self._written(act, [stored], query), 201

    async def _associate(self, act: Act, body: dict[str, Any], query: Query) -> tuple[list[Any] | None, int]:
        result = await members.associate(act, body)
        if not (self._may_read() and result.members):
            return None, 204
        member, end = result.members[0], self.path.end
        identifier = act.schema.id_of(member.values) if end.is_list and not hides(end.resource, member) else None
        if len(result.members) == 1 and (identifier is not None or not end.is_list):
            self.set_header("Location", urls.location(self.base, self.path, identifier))
        shown = await self._written(act, result.members, query, tagged=False)
        return shown, 201 if result.has_changed else 200

    async def put(self) -> None:
        """Merge the body into an instance."""
        query, body = await self._shape(), await self._body()
        async with self._act(query) as act:
            stored = await writes.update_instance(act, body, await self._precondition())
            shown = await self._written(act, [stored], query)
        self._reply_to_write(shown, 200)

    async def patch(self) -> None:
        """Merge the body into an instance, as PUT does."""
        await self.put()

    async def delete(self) -> None:
        """Delete an instance or dissociate a member, and reply with status 204."""
        async with self._act(await self._shape()) as act:
            if self.path.end.is_reference:
                await members.dissociate(act, await self._precondition())
            else:
                await writes.delete_instance(act, await self._precondition())
        self.reply_empty()

    def options(self) -> None:
        """Answer with the methods that the path takes."""
        self.set_header("Allow", ", ".join(allowed_methods(self.path)))
        self.reply_empty()

    def encode(self, value: Any) -> bytes:
        """Return ``value`` as JSON.

        The schema defines how JSON shows values of the store's own types.
        """
        return encoding.encode(value, self.hive.resource.schema.json.dump)

    def compute_etag(self) -> None:
        """Return None: the entity tag of an instance is made from its stored state, not by Tornado from the body."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document. Set ``Allow`` if Tornado itself refused the method."""
        if status_code == 405:
            with suppress(NotFound):
                self._parse_path((self.hive.family or family_of(self.application)).reach())
                self.set_header("Allow", ", ".join(allowed_methods(self.path)))
        super().write_error(status_code, **kwargs)

    def _parse_path(self, reach: FamilyReach) -> None:
        below = urls.segments(self.base, self.request.path)
        self.path = parse_path(reach.root(self.hive), self.name, below, reach)

    async def _shape(self) -> Query:
        return await self._admitted(Parser(self.provider, self.path).shape(self.request.query))

    async def _admitted(self, query: Query) -> Query:
        """Return ``query`` if the caller may read what the query expands.

        Raises:
            Unauthorized, Forbidden: the caller may not read an instance that the query expands.
        """
        read = expansion.read_resources(self.path.reach, self.path.schema, query)
        await admit(self, self._policy, [Gate(resource, "get", READING) for resource in read])
        return query

    def _act(self, query: Query) -> Act:
        """Return a new act at the request's path.

        The act loads the deferred fields that a reply to ``query`` shows.
        """
        undefer = expansion.undeferred(self.path.schema, query)
        work, method = UnitOfWork(self.provider, ActState(self, hive=self.hive)), self.request.method
        may_read = method not in WRITES or self._may_read()
        return Act(work, self.path, undefer=undefer, may_read=may_read, method=method)

    def _may_read(self) -> bool:
        """Tell whether the caller of a write may GET the end of the path. Each resource along it must allow this."""
        return not self._refusal_to_read and all(gate.is_open for gate in gates(self.path, "GET"))

    async def _body(self) -> dict[str, Any]:
        return await self.read_body(min(resource.max_body for resource in self.path.resources))

    async def _precondition(self) -> Precondition | None:
        """Return the request's precondition.

        Raises:
            Unauthorized, Forbidden: the caller may not read what the entity tag covers, and therefore not compare it.
            BadRequest: nobody may read the instance.
            Unsupported: the store cannot compare and write in one step.
        """
        precondition = parse_precondition(self.request.headers)
        if precondition is not None:
            if self._refusal_to_read:
                raise self._refusal_to_read
            if not self._may_read():
                raise BadRequest("GET is not allowed here, so leave out If-Match and If-None-Match.")
            if not self.provider.capabilities.if_match:
                raise Unsupported("The store has no conditional writes; leave out If-Match and If-None-Match.")
            covered = [self.path.schema.public_name(name) for name in precondition.covered(self.path.schema)]
            await self._admitted(Query(fields=covered))
        return precondition

    async def _written(
        self, act: Act, items: Sequence[Stored], query: Query, *, tagged: bool = True
    ) -> list[Any] | None:
        """Return the representations for the reply to a write.

        The method also sets the entity tag. Return None if the caller may not read the representations. Return None
        also if they cannot be made now. The write is stored then, and after an error the client would repeat the write.
        """
        if not self._may_read():
            return None
        shown: list[Any] | None = None
        with after_write():
            shown = await represented(act, items)
        with after_write():
            if tagged:
                await self._set_etag(act, items[0], shown and shown[0])
            return None if shown is None else await shown_items(act, shown, query)
        return None

    def _reply_to_read(self, value: Any) -> None:
        """Reply with ``value``. Raise BadRequest if the reply would be too long."""
        body, limit = self.encode(value), self.path.end.resource.max_reply
        if len(body) > limit:
            raise too_long(limit)
        self.reply_encoded(body)

    def _reply_to_write(self, shown: list[Any] | None, status_code: int) -> None:
        """Reply with representations. Leave them out if there are none, or if the reply would be too long."""
        body = None
        with after_write():
            body = None if shown is None else self.encode(shown[0] if len(shown) == 1 else shown)
        if body is None or len(body) > self.path.end.resource.max_reply:
            self.reply_empty(201 if status_code == 201 else 204)
        else:
            self.reply_encoded(body, status_code)

    async def _set_etag(self, act: Act, stored: Stored, body: Any, *, is_as_stored: bool = True) -> None:
        """Set the entity tag. It covers the relations that ``stored`` contains.

        If the representation ``body`` shows only the stored values, the entity tag is made from it.
        """
        schema, values = act.schema_of(stored), stored.values
        relations = schema.coverable & values.keys()
        is_shown = is_as_stored and not schema.represented_by and relations <= act.undefer.keys()
        shown = body if is_shown else None
        self.set_header("ETag", await act.unit_of_work.compute(etags.etag, schema, values, shown, relations))
