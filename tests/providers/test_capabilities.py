"""What a provider declares that its store cannot do."""

from __future__ import annotations

import bzz
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api
from tests.support.models import User


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
