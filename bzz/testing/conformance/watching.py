"""Cases of the signals around the calls to a provider."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bzz.exceptions import NotFound
from bzz.signals import post_provider_call, pre_get_list, pre_provider_call
from bzz.testing.capture import Sent, capture
from bzz.testing.conformance.cases import UNKNOWN_ID, Cases, case
from bzz.testing.conformance.serving import Served

NAMES = ("operation_name", "target_name", "model", "call_id", "request_id")


def calls(sent: Sequence[Sent]) -> list[dict[str, Any]]:
    """Return the keywords of the second signal of each call, in the order of the first ones.

    The two signals of a call agree, and no other call has their ``call_id``.
    """
    before = [one.keywords for one in sent if one.signal == pre_provider_call.name]
    after = {one.keywords["call_id"]: one.keywords for one in sent if one.signal == post_provider_call.name}
    assert len(before) == len(after) == len({one["call_id"] for one in before}), "each call has one pair of signals"
    for one in before:
        assert [one[name] for name in NAMES] == [after[one["call_id"]][name] for name in NAMES]
        assert after[one["call_id"]]["duration"] >= 0
    return [after[one["call_id"]] for one in before]


class WatchingCases(Cases):
    """Receivers observe each call to the provider that may reach the store."""

    @case()
    async def test_each_call_sends_one_pair_of_signals(self, served: Served) -> None:
        """They name the method, the model, and the name that the store has for its instances."""
        headers, schema = {"X-Request-ID": "watched"}, served.hives["person"].resource.schema
        with capture(pre_provider_call, post_provider_call) as sent:
            made = await served.api("POST", "/person", json_body={"name": "Ada"}, headers=headers)
            path = made.headers["Location"]
            for method, at, body in (("GET", path, None), ("GET", "/person", None), ("PUT", path, {"name": "Eve"})):
                assert (await served.api(method, at, json_body=body, headers=headers)).status == 200
            assert (await served.api("DELETE", path, headers=headers)).status == 204
        told = calls(sent)
        own = ("create", "get", "list", "update", "delete")
        assert [one["operation_name"] for one in told if one["operation_name"] in own] == [*own]
        assert {(one["model"], one["target_name"]) for one in told} == {(self.person, schema.target_name)}
        assert schema.target_name
        assert {one["error"] for one in told} == {None}
        assert {one["request_id"] for one in told} == {"watched"}
        assert {one.sender for one in sent} == {served.provider.name}

    @case()
    async def test_the_signals_of_a_failed_call_tell_its_error(self, served: Served) -> None:
        """An exception of a receiver is logged and breaks nothing."""

        def fail(sender: Any) -> None:
            raise LookupError("a bug of the receiver")

        with capture(pre_provider_call, post_provider_call) as sent:
            assert (await served.api("GET", f"/person/{UNKNOWN_ID}")).status == 404
        assert [type(one["error"]) for one in calls(sent) if one["operation_name"] == "get"] == [NotFound]
        with pre_provider_call.connected_to(fail), post_provider_call.connected_to(fail):
            assert (await served.api("POST", "/person", json_body={"name": "Ada"})).status == 201
        assert await served.names("/person") == ["Ada"]

    @case()
    async def test_calls_at_once_are_told_apart(self, served: Served) -> None:
        """A receiver reads two instances while the request waits."""
        keys, hive = [await served.person(name) for name in ("Ada", "Bob")], served.hives["person"]

        async def read(sender: Any) -> None:
            await asyncio.gather(*map(hive.get, keys))

        with pre_get_list.connected_to(read), capture(pre_provider_call, post_provider_call) as sent:
            assert sorted(await served.names("/person")) == ["Ada", "Bob"]
        told = calls(sent)
        assert [one["operation_name"] for one in told if one["operation_name"] in ("get", "list")] == [
            "get",
            "get",
            "list",
        ]
        assert len({one["request_id"] for one in told}) == 1
