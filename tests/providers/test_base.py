from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import bzz
from bzz.exceptions import Unavailable
from bzz.providers.base import Capabilities, Provider
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.values import ActState
from tests.support.client import Api
from tests.support.models import User


def test_a_provider_that_lacks_an_operation_cannot_be_made() -> None:
    class Half(Provider):
        """Describes nothing and stores nothing."""

    lacking = ("create", "delete", "describe", "get", "list", "represent", "update", "values")
    with pytest.raises(TypeError, match=", ".join(f"'?{name}'?" for name in lacking)):  # quoted from Python 3.12
        Half()  # type: ignore[abstract]


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"threads": 0}])
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        MongoEngineProvider(**options)


async def test_what_takes_longer_than_it_may_is_given_up() -> None:
    provider = MemoryProvider()
    provider.timeout = 0.01
    gate = threading.Event()
    with pytest.raises(Unavailable, match=r"in time\.$"):
        await provider.read(gate.wait, 5)
    with pytest.raises(Unavailable, match="The write may have happened"):
        await provider.write(gate.wait, 5)
    with pytest.raises(Unavailable):
        await provider.in_time(asyncio.sleep(5))
    gate.set()

    def fail() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await provider.read(fail)


async def test_deferred_fields_are_for_the_provider_to_load() -> None:
    with pytest.raises(NotImplementedError, match="must load members"):
        await MemoryProvider().represent(
            MemoryProvider().describe(User), [], undefer={"members": None}, state=ActState()
        )


class Plain(MemoryProvider):
    """Can do very little."""

    capabilities = Capabilities(count=False, page=False, after=False, if_match=False)


async def test_what_a_store_cannot_do_is_refused_before_it_is_asked(api: Api) -> None:
    api.mount(bzz.ModelHive.routes_for(Plain(), User))
    made = [await api.create("/user", name=name) for name in ("Ada", "Bob")]
    for query in ("count=true", "page=2", "after=x"):
        refused = await api("GET", f"/user?{query}")
        assert (refused.status, list(refused.json["errors"])) == (400, [query.partition("=")[0]])
    listed = await api("GET", "/user?per_page=1")
    assert "after=" not in listed.headers["Link"]
    for method in ("PUT", "DELETE"):
        reply = await api(method, f"/user/{made[0]['id']}", json_body={}, headers={"If-Match": "*"})
        assert reply.status == 501
    assert (await api("DELETE", f"/user/{made[0]['id']}")).status == 204
