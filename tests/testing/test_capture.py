"""``capture``: the record of the signals that a block sends."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.signals import declared, post_create_instance, pre_create_instance, pre_get_list, signal
from bzz.testing import Sent, capture
from tests.support.models import User


@pytest.fixture
def users() -> bzz.ModelHive:
    return bzz.ModelHive(MemoryProvider(), User)


async def test_signals_are_recorded_in_order_with_their_keywords(users: bzz.ModelHive) -> None:
    with capture(pre_create_instance, post_create_instance) as sent:
        ada = await users.create({"name": "Ada"})
        await users.list()
    assert [(one.signal, one.sender) for one in sent] == [("pre_create_instance", User), ("post_create_instance", User)]
    assert sent[0].keywords["data"] == {"name": "Ada"}
    assert sent[1].keywords["instance"] == ada
    assert sent[0].keywords["handler"] is None
    await users.create({"name": "Bob"})
    assert len(sent) == 2, "only in the block"
    assert not pre_create_instance.receivers


async def test_the_record_keeps_keywords_as_they_were_sent(users: bzz.ModelHive) -> None:
    def change(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = 7

    def sort(sender: Any, query: Query) -> None:
        query.sort.append(("name", False))

    with capture() as sent, pre_create_instance.connected_to(change), pre_get_list.connected_to(sort):
        await users.create({"name": "Ada"})
        listed = await users.list()
        listed.clear()
    recorded = {one.signal: one.keywords for one in sent}
    assert recorded["pre_create_instance"]["data"] == {"name": "Ada"}
    assert recorded["pre_get_list"]["query"].sort == []
    assert len(recorded["post_get_list"]["items"]) == 1


async def test_without_arguments_every_signal_is_recorded(users: bzz.ModelHive) -> None:
    mine = signal("captured", "In a test.", {"what": "anything"})
    with capture() as sent:
        await mine.send_async("sender", what=1)
        await users.create({"name": "Ada"})
    assert sent[0] == Sent("captured", "sender", {"what": 1, "request_id": None})
    assert {"pre_provider_call", "post_provider_call", "post_create_instance"} < {one.signal for one in sent}
    assert {one.signal for one in sent} <= declared().keys()
