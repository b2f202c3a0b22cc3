"""The base class of providers whose ORM blocks: it runs on a bounded pool of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from bzz.concurrency.thread_pool import THREADS, ThreadPool
from bzz.providers.base import Provider
from bzz.providers.values import ActState, Stored, Undefer
from bzz.schema.schema import Schema

P = ParamSpec("P")
T = TypeVar("T")


class ThreadedProvider(Provider):
    """The adapter to a synchronous ORM. Each provider instance has a pool of its own.

    Args:
        timeout: seconds after which a call fails with ``Unavailable``, the wait for a thread included.
        threads: how many calls run at once, as far as the store has connections.

    Raises:
        ValueError: ``timeout`` is not positive, or ``threads`` is less than 1.
    """

    def __init__(self, *, timeout: float = 5.0, threads: int = THREADS) -> None:
        super().__init__(timeout=timeout)
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        self.threads = threads

    @cached_property
    def pool(self) -> ThreadPool:
        """The thread pool, made at first use."""
        return ThreadPool(self.threads)

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function``, which reads from the store and blocks, in the pool; return its result.

        Raises:
            Unavailable: ``function`` took longer than ``timeout``, or the pool's queue is full. A thread that is late
                goes on and ends by itself.
        """
        return await self.in_time(self.pool.run(function, *args, **kwargs))

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function``, which writes to the store, as ``read`` does."""
        return await self.in_time(self.pool.run(function, *args, **kwargs), is_write=True)

    async def represent(
        self,
        schema: Schema,
        instances: Sequence[Any],
        *,
        undefer: Undefer,
        state: ActState,  # noqa: ARG002
    ) -> Sequence[Stored]:
        """Return ``Stored`` of instances with their representations, built in the pool.

        Raises:
            NotImplementedError: as ``Provider.represent``.
            Unavailable: as ``read``.
        """
        if undefer:
            raise NotImplementedError(f"{type(self).__name__}.represent() must load {', '.join(undefer)}")
        return await self.read(lambda: [self.stored(schema, instance, represent=True) for instance in instances])

    async def close(self) -> None:
        """Shut the thread pool down. The next call starts a new one."""
        self.pool.close()
