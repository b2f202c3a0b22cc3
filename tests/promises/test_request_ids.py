"""All signals of one act have one request id."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.exceptions import Conflict
from bzz.providers.memory import MemoryProvider
from bzz.signals import (
    post_create_instance,
    pre_create_instance,
    request_failed,
)
from bzz.signals.request_ids import request_id
from bzz.testing import capture
from tests.support.models import User


async def test_an_act_inside_another_has_its_request_id_and_its_own_signals() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)

    async def create_another(sender: Any, data: dict[str, Any]) -> None:
        if data["name"] == "outer":
            await users.create({"name": "inner", "email": "taken"})
            with pytest.raises(Conflict):
                await users.create({"name": "inner", "email": "taken"})

    pre_create_instance.connect(create_another)
    with capture(pre_create_instance, post_create_instance, request_failed) as sent:
        await users.create({"name": "outer"})
    assert [one.signal.partition("_")[0] for one in sent] == ["pre", "post", "pre", "request", "pre", "post"]
    assert len({one.keywords["request_id"] for one in sent}) == 1


async def test_acts_of_plain_code_have_different_request_ids() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    with capture(post_create_instance) as sent:
        await users.create({"name": "Ada"})
        await users.create({"name": "Bob"})
    assert len({one.keywords["request_id"] for one in sent}) == 2
    assert request_id.get() is None
