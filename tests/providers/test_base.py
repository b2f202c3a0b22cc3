from __future__ import annotations

import pytest

import bzz
from bzz.providers.base import Capabilities, Provider
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState
from tests.support.client import Api
from tests.support.models import User


def test_a_provider_that_lacks_a_method_cannot_be_made() -> None:
    class Half(Provider):
        """Describes nothing and stores nothing."""

    lacking = ("create", "delete", "describe", "get", "list", "represent", "update", "values")
    with pytest.raises(TypeError, match=", ".join(f"'?{name}'?" for name in lacking)):  # quoted from Python 3.12
        Half()  # type: ignore[abstract]


async def test_a_provider_without_write_all_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"MemoryProvider\.write_all\(\) must perform 0 writes"):
        await MemoryProvider().write_all([], state=ActState())


class Plain(MemoryProvider):
    """Can do very little."""

    capabilities = Capabilities(count=False, page=False, after=False, if_match=False)


async def test_a_request_beyond_the_capabilities_is_refused(api: Api) -> None:
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
