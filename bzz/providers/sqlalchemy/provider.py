"""The SQLAlchemy provider.

Each act has one session, and each call has one transaction.

The module ``operations`` contains the calls, written for a synchronous session. A session of an ``async_sessionmaker``
runs the call with ``run_sync``, which awaits the database. A session of a ``sessionmaker`` runs the call in the pool of
threads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bzz.concurrency.thread_pool import THREADS, ThreadPool
from bzz.providers.capabilities import Capabilities
from bzz.providers.changes import Change
from bzz.providers.sqlalchemy import batches, operations, session_factories, sessions, visibility
from bzz.providers.sqlalchemy.codec import DialectTypes
from bzz.providers.sqlalchemy.dependents import dependent_classes, find_dependents
from bzz.providers.sqlalchemy.errors import translated
from bzz.providers.sqlalchemy.introspection import make_mapped_class
from bzz.providers.sqlalchemy.loading import Visible
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.transactions import in_transaction
from bzz.providers.stored_json import parse_stored
from bzz.providers.threaded import ThreadedProvider
from bzz.providers.values import ActState, Address, Listing, Query, Stored
from bzz.providers.writes import Create, Delete, Dependent, Write
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")


class SQLAlchemyProvider(ThreadedProvider):
    """The adapter to SQLAlchemy's mapped classes.

    Args:
        session_factory: an ``async_sessionmaker`` or a ``sessionmaker``. If it is None, the provider takes
            ``session_factory`` from the settings of the application that serves the request.
        timeout: seconds after which a call fails with ``Unavailable``. This includes the time to wait for a thread or
            a connection.
        threads: how many calls on synchronous sessions run at the same time. The number is never more than the number
            of connections in the pool.

    Raises:
        TypeError: ``session_factory`` makes no sessions, or each thread would get a separate database.
        ValueError: ``timeout`` or ``threads`` is out of range.
    """

    capabilities = Capabilities(keys=10_000, transactions=True)

    def __init__(
        self, session_factory: Callable[[], Any] | None = None, *, timeout: float = 5.0, threads: int = THREADS
    ) -> None:
        super().__init__(timeout=timeout, threads=threads)
        self._factory = None if session_factory is None else session_factories.checked(session_factory)
        engine = session_factories.engine_of(self._factory)
        self._dialect = engine.dialect if engine is not None else None
        self._connection_pool = engine.pool if engine is not None else None
        self._is_sized = False
        self._mapped_classes: dict[type, MappedClass] = {}

    @cached_property
    def _connected_threads(self) -> ThreadPool:
        """The threads for sessions that have a connection.

        Such sessions must not wait in a queue behind sessions that wait for a connection.
        """
        return ThreadPool(self.threads)

    async def begin(self, state: ActState) -> Session | AsyncSession:
        """Return a new session.

        Raises:
            RuntimeError: there is no session factory.
            Unavailable: all sessions share one connection, and other acts did not release the connection in time.
        """
        session = session_factories.make_session(self._factory or session_factories.of_application(state.handler))
        if self._factory is not None and self._dialect is None:
            self._dialect = session_factories.dialect_of(session)
            self._mapped_classes.clear()  # the dialect decides about their codecs
        pool = self._connection_pool or session_factories.pool_of(session)
        if not self._is_sized:
            self.threads, self._is_sized = min(self.threads, session_factories.max_connections(pool)), True
        shared = sessions.share_connection(session, pool)
        if shared is not None:
            await self.in_time(shared.acquire())
        else:
            sessions.queue_writers(session, pool, self._dialect or session_factories.dialect_of(session))
        return session

    def end(self, unit: Session | AsyncSession) -> Awaitable[None] | None:
        """Close the session. If a late call still runs, that call closes it at its end."""
        return sessions.end(unit)

    @cached_property
    def _hook_threads(self) -> ThreadPool:
        """The threads for the models' hooks and the schemas' scopes, which need no connection."""
        return ThreadPool(self.threads)

    async def close(self) -> None:
        """Shut the thread pools down. The next call starts new ones."""
        await super().close()
        self._connected_threads.close()
        self._hook_threads.close()

    def mapped_class(self, model: type) -> MappedClass:
        """Return the ``MappedClass`` of a model.

        It is made at the first call.

        Raises:
            TypeError, LookupError: see ``describe``.
        """
        if model not in self._mapped_classes:
            dialect = DialectTypes(self._dialect, self.types)
            self._mapped_classes[model] = make_mapped_class(model, dialect, self.mapped_class)
        return self._mapped_classes[model]

    def describe(self, model: type) -> Schema:
        """Return the schema of a mapped class.

        Raises:
            TypeError: ``model`` is no mapped class, or its primary key cannot be part of a URL.
            LookupError: a class of the model's registry refers to a class that is not defined yet.
        """
        return self.mapped_class(model).schema

    def values(self, schema: Schema, instance: Any) -> Values:
        """Return the typed values of an instance."""
        return self.mapped_class(schema.model).values(instance)

    def stored_value(self, schema: Schema, name: str, raw: Any) -> Any:  # noqa: ARG002  # all fields have the same kinds
        """Return the stored value that a cursor has as ``raw``."""
        return parse_stored(raw)

    async def get(self, address: Address, *, state: ActState, needs_instances: bool) -> Stored:
        """Return the instance at ``address``."""
        mapped_class, visible = await self._at(address, state)
        get = partial(operations.get, mapped_class=mapped_class, address=address, visible=visible)
        needs, is_limited = needs_instances or state.is_writing, not state.is_writing
        return await self._run(state, mapped_class, partial(get, needs_instances=needs, is_limited=is_limited))

    async def list(self, schema: Schema, query: Query, *, state: ActState, needs_instances: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        mapped_class, places = self.mapped_class(schema.model), None
        visible = None if query.hidden else await self._visible(schema, state)
        if query.within is not None:
            parent = self.mapped_class(query.within.schema.model)
            visible, places = operations.select_members(mapped_class, visible, parent, query)

        def operation(session: Session) -> Listing:
            needs = needs_instances or state.is_writing
            return operations.list_(session, mapped_class, schema, visible, query, places=places, needs_instances=needs)

        return await self._run(state, mapped_class, operation)

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        """Insert a new instance."""
        mapped_class = self.mapped_class(schema.model)
        return await self._run(
            state, mapped_class, lambda session: operations.create(session, mapped_class, data), is_write=True
        )

    async def update(
        self,
        address: Address,
        change: Change,
        *,
        exact: bool,  # noqa: ARG002  # the lock keeps all fields as they were found
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        state: ActState,
    ) -> Stored:
        """Apply ``change`` to the instance at ``address`` and store the result."""
        mapped_class, visible = await self._at(address, state)
        return await self._run(
            state,
            mapped_class,
            lambda session: operations.update(session, mapped_class, address, visible, change),
            is_write=True,
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
        mapped_class, visible = await self._at(address, state)
        return await self._run(
            state,
            mapped_class,
            lambda session: operations.delete(session, mapped_class, address, visible, check),
            is_write=True,
            is_delete=True,
        )

    async def write_all(self, writes: Sequence[Write], *, state: ActState) -> Sequence[Stored]:
        """Perform several writes in one transaction and return their results in order."""
        visible = [None if isinstance(one, Create) else (await self._at(one.address, state))[1] for one in writes]
        batch = batches.prepare(writes, visible, self.mapped_class)
        if not batch:
            return ()
        return await self._run(
            state,
            batch[0].mapped_class,
            lambda session: batches.write_all(session, batch),
            is_write=True,
            is_delete=all(isinstance(one, Delete) for one in writes),
        )

    async def dependents(
        self, address: Address, *, heard: Callable[[type], bool], state: ActState
    ) -> Sequence[Dependent]:
        """Return the instances that SQLAlchemy changes or deletes with the instance at ``address``."""
        if not any(map(heard, dependent_classes(self.mapped_class(address.schema.model)))):
            return ()
        mapped_class, visible = await self._at(address, state)
        find = partial(find_dependents, mapped_class=mapped_class, address=address, visible=visible, heard=heard)
        return await self._run(state, mapped_class, lambda session: find(session, mapped_class_of=self.mapped_class))

    async def run(self, schema: Schema, instances: Sequence[Any], function: Callable[[], T], *, state: ActState) -> T:
        """Return ``function()``, which runs code of the instances. Their changes are not stored."""
        return await self._run(
            state, self.mapped_class(schema.model), partial(operations.run, instances=instances, function=function)
        )

    async def _at(self, address: Address, state: ActState) -> tuple[MappedClass, Visible]:
        """Return the class of the instance at ``address``, and the statement that finds visible instances."""
        schema = address.schema
        return self.mapped_class(schema.model), await self._visible(schema, state, address.id)

    async def _visible(self, schema: Schema, state: ActState, identifier: str | None = None) -> Visible:
        """Return the statement that finds the instances that the request may see.

        Return None if the request may see all instances. ``identifier`` is None for a list.
        """
        mapped_class = self.mapped_class(schema.model)
        rules = visibility.rules_of(mapped_class.mapper, schema, identifier)
        if not rules.has_functions:
            return visibility.select_not_hidden(mapped_class, rules)
        selecting = self._hook_threads.run(visibility.select_visible, mapped_class, rules, state.handler, identifier)
        return await self.in_time(selecting)

    async def _run(
        self,
        state: ActState,
        mapped_class: MappedClass,
        operation: Callable[[Session], T],
        *,
        is_write: bool = False,
        is_delete: bool = False,
    ) -> T:
        """Return ``operation(session)``.

        The operation runs in a transaction of its own, and its time is limited.

        Args:
            state: the state of the act. Its unit is the session.
            mapped_class: the class of the instances.
            operation: a function that reads or writes. It runs in a thread, or in a greenlet of an asynchronous
                session.
            is_write: whether the operation writes.
            is_delete: whether the operation deletes the instance.

        Raises:
            BzzError: see ``errors.translated``.
        """
        unit, is_part = state.unit, state.is_writing

        def perform(session: Session) -> T:
            with translated(mapped_class, is_write=is_write, is_delete=is_delete):
                return in_transaction(session, operation, is_write=is_write, is_part=is_part)

        queue = sessions.queue_of(unit, is_write=is_write)
        if queue is not None:
            await self.in_time(queue.acquire())
        try:
            if isinstance(unit, AsyncSession):
                return await self.in_time(unit.run_sync(perform), is_write=is_write)
            writer = sessions.writer_of(unit, is_write=is_write)
            pool = writer or (self._connected_threads if unit.in_transaction() else self.pool)
            return await self.in_time(pool.run(sessions.guard_of(unit).run, unit, perform), is_write=is_write)
        finally:
            if queue is not None and (is_write or not is_part):
                queue.release()
