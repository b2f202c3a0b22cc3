"""A handler that does what a test has it do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bzz.http.handler import Handler
from tests.support.client import Api


class Acting(Handler):
    """Calls a function on GET, and replies with the body on POST."""

    def initialize(self, act: Callable[[Acting], Awaitable[None] | None]) -> None:
        self.act = act

    async def get(self) -> None:
        result = self.act(self)
        if result is not None:
            await result

    async def post(self) -> None:
        self.reply(await self.read_body(100))


def acting(api: Api, act: Callable[[Any], Awaitable[None] | None]) -> Api:
    """Mount the handler at ``/``."""
    return api.mount((r"/", Acting, {"act": act}))


def failing(error: BaseException) -> Callable[[Any], None]:
    """A function that raises an error."""

    def act(handler: Any) -> None:
        raise error

    return act
