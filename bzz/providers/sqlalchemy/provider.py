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

from bzz.concurrency.threads import THREADS, ThreadPool
from bzz.providers.changes import Change
from bzz.providers.sqlalchemy import operations, session_factories, sessions
from bzz.providers.sqlalchemy.errors import translated
from bzz.providers.sqlalchemy.introspection import make_mapped_class
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.threaded import ThreadedProvider
from bzz.providers.values import ActState, Address, Listing, Query, Stored, Undefer
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")


class SQLAlchemyProvider(ThreadedProvider):
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
        self._factory = None if session_factory is None else session_factories.checked(session_factory)
        engine = session_factories.engine_of(self._factory)
        self._dialect = engine.dialect.name if engine is not None else None
        self._connections = engine.pool if engine is not None else None
        self._is_sized = False
        self._mapped: dict[type, MappedClass] = {}

    @cached_property
    def _holders(self) -> ThreadPool:
        """Threads of operations whose session has a connection already, which must not queue behind those that wait."""
        return ThreadPool(self.threads)

    async def begin(self, state: ActState) -> Session | AsyncSession:
        """Return a new session.

        Raises:
            RuntimeError: there is nothing that makes one.
            Unavailable: all sessions share one connection, and others have not let go of it in time.
        """
        session = session_factories.begin(self._factory or session_factories.of_application(state.handler))
        connections = self._connections or session_factories.pool_of(session)
        if not self._is_sized:
            self.threads, self._is_sized = min(self.threads, session_factories.connections(connections)), True
        turn = sessions.take_turns(session, connections)
        if turn is not None:
            await self.in_time(turn.take())
        return session

    def end(self, unit: Session | AsyncSession) -> Awaitable[None] | None:
        """Close a session; if an operation that took too long still has it, that will."""
        return sessions.close(unit)

    @cached_property
    def _hooks(self) -> ThreadPool:
        """Threads of the models' own hooks, which wait for no connection."""
        return ThreadPool(self.threads)

    async def close(self) -> None:
        """Let go of the threads."""
        await super().close()
        self._holders.close()
        self._hooks.close()

    def mapped_class(self, model: type) -> MappedClass:
        """Return the schema of a mapped class; raise as ``describe``."""
        if model not in self._mapped:
            self._mapped[model] = make_mapped_class(model, self._dialect, self.mapped_class)
        return self._mapped[model]

    def describe(self, model: type) -> Schema:
        """Return what a mapped class looks like.

        Raises:
            TypeError: it is no mapped class, or its primary key is composite.
            LookupError: it, or another, refers to a class that is not defined yet.
        """
        return self.mapped_class(model).schema

    def values(self, schema: Schema, instance: Any) -> Values:
        """Return what an instance holds."""
        return self.mapped_class(schema.model).values(instance)

    async def get(self, address: Address, *, state: ActState, represent: bool) -> Stored:
        """Return the instance at ``address``."""
        mapped, visible = self.mapped_class(address.schema.model), await self._visible(address, state)
        return await self._run(
            state, mapped, lambda session: operations.get(session, mapped, address, visible, represent=represent)
        )

    async def list(self, schema: Schema, query: Query, *, state: ActState, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        mapped, hook = self.mapped_class(schema.model), getattr(schema.model, "get_list_queryset", None)
        visible: sa.Select[Any] | None = None
        if hook is not None:
            visible = await self.in_time(self._hooks.run(hook, mapped.everything, state.handler))
        if query.within is not None:
            parent = self.mapped_class(query.within.schema.model)
            key = parent.bound(str(parent.schema.pk), query.within.key)
            visible = mapped.everything if visible is None else visible
            visible = visible.where(mapped.key.in_(parent.relations[query.within.field].members(key)))
        return await self._run(
            state,
            mapped,
            lambda session: operations.list_(session, mapped, schema, visible, query, represent=represent),
        )

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        """Insert a new instance."""
        mapped = self.mapped_class(schema.model)
        return await self._run(state, mapped, lambda session: operations.create(session, mapped, data), given=data)

    async def update(
        self,
        address: Address,
        change: Change,
        *,
        exact: bool,  # noqa: ARG002  # the row is locked, so all of it is as it was found
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        state: ActState,
    ) -> Stored:
        """Store what ``change`` makes of the instance at ``address``."""
        mapped, visible = self.mapped_class(address.schema.model), await self._visible(address, state)
        given: set[str] = set()
        return await self._run(
            state,
            mapped,
            lambda session: operations.update(session, mapped, address, visible, change, given=given),
            given=given,
        )

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        state: ActState,
    ) -> Stored:
        """Delete the instance at ``address``."""
        mapped, visible = self.mapped_class(address.schema.model), await self._visible(address, state)
        return await self._run(
            state,
            mapped,
            lambda session: operations.delete(session, mapped, address, visible, check),
            given=(),
            is_delete=True,
        )

    async def represent(
        self, schema: Schema, instances: Sequence[Any], *, undefer: Undefer, state: ActState
    ) -> Sequence[Stored]:
        """Return what instances hold, with their representations, for which their ``to_dict()`` may load more."""
        mapped = self.mapped_class(schema.model)
        return await self._run(
            state, mapped, lambda session: operations.represent(session, mapped, schema, instances, undefer)
        )

    async def _visible(self, address: Address, state: ActState) -> sa.Select[Any] | None:
        """Return the statement of what the model's own hook lets a request see; None if it has none."""
        model = address.schema.model
        hook = getattr(model, "get_instance_queryset", None)
        if hook is None:
            return None
        return await self.in_time(
            self._hooks.run(hook, model, self.mapped_class(model).everything, address.id, state.handler)
        )

    async def _run(
        self,
        state: ActState,
        mapped: MappedClass,
        operation: Callable[[Session], T],
        *,
        given: Collection[str] | None = None,
        is_delete: bool = False,
    ) -> T:
        """Return what ``operation`` returns, done in a transaction that ends with it.

        What is read while a write is under way leaves open what receivers have begun; the write commits that, too.

        Args:
            state: whose unit is the session.
            mapped: of the instances in hand.
            operation: what to do.
            given: names of the fields that a write is given; None for a read.
            is_delete: whether it deletes.
        """
        unit, is_write, is_part = state.unit, given is not None, state.is_writing

        def perform(session: Session) -> T:
            was_begun, known = session.in_transaction(), {*session.identity_map.keys()} if is_part else ()
            try:
                with translated(mapped, given, is_delete=is_delete):
                    result = operation(session)
                    if is_write:
                        session.commit()
                    elif is_part:
                        operations.detach(session, known)
                        if not was_begun:
                            session.commit()
            except BaseException:
                sessions.let_go(session)  # and not rollback(), which would have instances forget what they hold
                raise
            if not is_part:
                sessions.let_go(session)
            return result

        turn = sessions.turn_of(unit)
        if turn is not None:
            await self.in_time(turn.take())
        try:
            if isinstance(unit, AsyncSession):
                return await self.in_time(unit.run_sync(perform), is_write=is_write)
            pool = self._holders if unit.in_transaction() else self.pool
            return await self.in_time(pool.run(sessions.claim(unit).run, unit, perform), is_write=is_write)
        finally:
            if turn is not None and (is_write or not is_part):
                turn.give()
