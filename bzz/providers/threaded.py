"""The base class of providers whose ORM is synchronous.

The ORM runs in a pool with a limited number of threads.
"""

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
    """The adapter to a synchronous ORM.

    Each provider instance has its own pool of threads.

    Args:
        timeout: seconds after which a call fails with ``Unavailable``. This includes the time to wait for a thread.
        threads: how many calls run at the same time, if the store has enough connections.

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
        """The thread pool.

        It is made at first use.
        """
        return ThreadPool(self.threads)

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` in the pool and return its result.

        The function reads from the store and may block.

        Raises:
            Unavailable: ``function`` took longer than ``timeout``, or the pool's queue is full. A function that
                is late still runs to its end.
        """
        return await self.in_time(self.pool.run(function, *args, **kwargs))

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` in the pool, in the same way as ``read``.

        The function writes to the store.
        """
        return await self.in_time(self.pool.run(function, *args, **kwargs), is_write=True)

    async def represent(
        self,
        schema: Schema,
        instances: Sequence[Any],
        *,
        undefer: Undefer,
        state: ActState,  # noqa: ARG002
    ) -> Sequence[Stored]:
        """Return instances as ``Stored``, with their representations.

        The representations are built in the pool.

        Raises:
            NotImplementedError: ``undefer`` names deferred fields that are not computed. This method cannot load them.
            Unavailable: see ``read``.
        """
        if relations := undefer.keys() - schema.computed:
            raise NotImplementedError(f"{type(self).__name__}.represent() must load {', '.join(relations)}")
        return await self.read(
            lambda: [self.stored(schema, instance, represent=True, undefer=undefer) for instance in instances]
        )

    async def close(self) -> None:
        """Shut down the thread pool.

        The next call starts a new one.
        """
        self.pool.close()
