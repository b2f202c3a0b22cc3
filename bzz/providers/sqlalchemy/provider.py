"""The provider: one session for all that a request does, with a transaction for each read and one for each write.

What an operation does is written once, for a synchronous session. One of an ``async_sessionmaker`` runs it by
``run_sync``, which awaits the database natively; one of a ``sessionmaker`` runs it in the pool of threads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import cached_property
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bzz.changes import Change
from bzz.interfaces import Address, Listing, Load, Provider, Query, Scope, Stored
from bzz.pool import THREADS, Pool
from bzz.providers.sqlalchemy import factories, operations, units
from bzz.providers.sqlalchemy.errors import translated
from bzz.providers.sqlalchemy.mappers import make_schema
from bzz.providers.sqlalchemy.schemas import Schema
from bzz.resources import Resource, Values

T = TypeVar("T")


class SQLAlchemyProvider(Provider):
    """Serves mapped classes.

    Args:
        session_factory: an ``async_sessionmaker`` or a ``sessionmaker``; None for ``session_factory`` in the settings
            of the application that serves the request.
        timeout: seconds an operation may take, waiting for a thread or a connection included.
        threads: how many operations of synchronous sessions run at once, as far as there are connections.

    Raises:
        TypeError: it makes no sessions, or its database is another one in each thread.
    """

    def __init__(
        self, session_factory: Callable[[], Any] | None = None, *, timeout: float = 5.0, threads: int = THREADS
    ) -> None:
        super().__init__(timeout=timeout, threads=threads)
        self._factory = None if session_factory is None else factories.checked(session_factory)
        engine = factories.engine_of(self._factory)
        self._dialect = engine.dialect.name if engine is not None else None
        self._connections = engine.pool if engine is not None else None
        self._is_sized = False
        self._schemas: dict[type, Schema] = {}

    @cached_property
    def _holders(self) -> Pool:
        """Threads of operations whose session has a connection already, which must not queue behind those that wait."""
        return Pool(self.threads)

    async def begin(self, scope: Scope) -> Session | AsyncSession:
        """Return a new session.

        Raises:
            RuntimeError: there is nothing that makes one.
            Unavailable: all sessions share one connection, and others have not let go of it in time.
        """
        session = factories.begin(self._factory or factories.of_application(scope.handler))
        connections = self._connections or factories.pool_of(session)
        if not self._is_sized:
            self.threads, self._is_sized = min(self.threads, factories.connections(connections)), True
        turn = units.take_turns(session, connections)
        if turn is not None:
            await self.in_time(turn.take())
        return session

    def end(self, unit: Session | AsyncSession) -> Awaitable[None] | None:
        """Close a session; if an operation that took too long still has it, that will."""
        return units.close(unit)

    @cached_property
    def _hooks(self) -> Pool:
        """Threads of the models' own hooks, which wait for no connection."""
        return Pool(self.threads)

    async def close(self) -> None:
        """Let go of the threads."""
        await super().close()
        self._holders.close()
        self._hooks.close()

    def schema(self, model: type) -> Schema:
        """Return the schema of a mapped class; raise as ``describe``."""
        if model not in self._schemas:
            self._schemas[model] = make_schema(model, self._dialect, self.schema)
        return self._schemas[model]

    def describe(self, model: type) -> Resource:
        """Return what a mapped class looks like.

        Raises:
            TypeError: it is no mapped class, or its primary key is composite.
            LookupError: it, or another, refers to a class that is not defined yet.
        """
        return self.schema(model).resource

    def values(self, resource: Resource, instance: Any) -> Values:
        """Return what an instance holds."""
        return self.schema(resource.model).values(instance)

    async def get(self, address: Address, *, scope: Scope, represent: bool) -> Stored:
        """Return the instance at ``address``."""
        schema, visible = self.schema(address.resource.model), await self._visible(address, scope)
        return await self._run(
            scope, schema, lambda session: operations.get(session, schema, address, visible, represent=represent)
        )

    async def list(self, resource: Resource, query: Query, *, scope: Scope, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        schema, hook = self.schema(resource.model), getattr(resource.model, "get_list_queryset", None)
        visible: sa.Select[Any] | None = None
        if hook is not None:
            visible = await self.in_time(self._hooks.run(hook, schema.everything, scope.handler))
        if query.within is not None:
            parent = self.schema(query.within.resource.model)
            key = parent.bound(str(parent.resource.pk), query.within.key)
            visible = schema.everything if visible is None else visible
            visible = visible.where(schema.key.in_(parent.relations[query.within.field].members(key)))
        return await self._run(
            scope,
            schema,
            lambda session: operations.list_(session, schema, resource, visible, query, represent=represent),
        )

    async def create(self, resource: Resource, data: Values, *, scope: Scope) -> Stored:
        """Insert a new instance."""
        schema = self.schema(resource.model)
        return await self._run(scope, schema, lambda session: operations.create(session, schema, data), given=data)

    async def update(
        self,
        address: Address,
        change: Change,
        *,
        exact: bool,  # noqa: ARG002  # the row is locked, so all of it is as it was found
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        scope: Scope,
    ) -> Stored:
        """Store what ``change`` makes of the instance at ``address``."""
        schema, visible = self.schema(address.resource.model), await self._visible(address, scope)
        given: set[str] = set()
        return await self._run(
            scope,
            schema,
            lambda session: operations.update(session, schema, address, visible, change, given=given),
            given=given,
        )

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        scope: Scope,
    ) -> Stored:
        """Delete the instance at ``address``."""
        schema, visible = self.schema(address.resource.model), await self._visible(address, scope)
        return await self._run(
            scope,
            schema,
            lambda session: operations.delete(session, schema, address, visible, check),
            given=(),
            is_delete=True,
        )

    async def represent(
        self, resource: Resource, instances: Sequence[Any], *, load: Load, scope: Scope
    ) -> Sequence[Stored]:
        """Return what instances hold, with their representations, for which their ``to_dict()`` may load more."""
        schema = self.schema(resource.model)
        return await self._run(
            scope, schema, lambda session: operations.represent(session, schema, resource, instances, load)
        )

    async def _visible(self, address: Address, scope: Scope) -> sa.Select[Any] | None:
        """Return the statement of what the model's own hook lets a request see; None if it has none."""
        model = address.resource.model
        hook = getattr(model, "get_instance_queryset", None)
        if hook is None:
            return None
        return await self.in_time(
            self._hooks.run(hook, model, self.schema(model).everything, address.id, scope.handler)
        )

    async def _run(
        self,
        scope: Scope,
        schema: Schema,
        operation: Callable[[Session], T],
        *,
        given: Collection[str] | None = None,
        is_delete: bool = False,
    ) -> T:
        """Return what ``operation`` returns, done in a transaction that ends with it.

        What is read while a write is under way leaves open what receivers have begun; the write commits that, too.

        Args:
            scope: whose unit is the session.
            schema: of the instances in hand.
            operation: what to do.
            given: names of the fields that a write is given; None for a read.
            is_delete: whether it deletes.
        """
        unit, is_write, is_part = scope.unit, given is not None, scope.is_writing

        def perform(session: Session) -> T:
            was_begun, known = session.in_transaction(), {*session.identity_map.keys()} if is_part else ()
            try:
                with translated(schema, given, is_delete=is_delete):
                    result = operation(session)
                    if is_write:
                        session.commit()
                    elif is_part:
                        operations.detach(session, known)
                        if not was_begun:
                            session.commit()
            except BaseException:
                units.let_go(session)  # and not rollback(), which would have instances forget what they hold
                raise
            if not is_part:
                units.let_go(session)
            return result

        turn = units.turn_of(unit)
        if turn is not None:
            await self.in_time(turn.take())
        try:
            if isinstance(unit, AsyncSession):
                return await self.in_time(unit.run_sync(perform), is_write=is_write)
            pool = self._holders if unit.in_transaction() else self.pool
            return await self.in_time(pool.run(units.claim(unit).run, unit, perform), is_write=is_write)
        finally:
            if turn is not None and (is_write or not is_part):
                turn.give()
