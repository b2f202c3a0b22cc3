"""``served`` and ``Client``: an application on a real socket."""

from __future__ import annotations

import pytest
import tornado.web

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.testing.client import served
from tests.support.models import User


async def test_routes_are_served_while_the_block_runs() -> None:
    app = tornado.web.Application(bzz.ModelHive.routes_for(MemoryProvider(), User))
    async with served(app) as api:
        made = await api.create("/user", name="Ada")
        assert (await api("GET", f"/user/{made['id']}")).json == made
        assert (await api("POST", "/user", form={"name": "Bob"})).json["name"] == "Bob"
        with pytest.raises(AssertionError, match="unknown field"):
            await api.create("/user", nmae="Ada")
    with pytest.raises(RuntimeError, match="closed"):
        await api("GET", "/user")
