"""Flows and their providers."""

from __future__ import annotations

from typing import Any

import jwt

import bzz
from bzz.auth.flows import Flow, FlowProvider
from tests.support.auth import me
from tests.support.client import SECRET, Browser


def test_a_challenge_is_the_hash_of_its_verifier() -> None:
    """The example of RFC 7636, appendix B."""
    flow = Flow("s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "https://x/", "/")
    assert flow.code_challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_a_flow_provider_takes_no_credentials_and_signs_in_through_its_site(browser: Browser) -> None:
    class Elsewhere(FlowProvider):
        async def begin(self, flow: Flow, handler: Any) -> str:
            return "https://elsewhere.example/"

        async def finish(self, flow: Flow, answer: Any, handler: Any) -> dict[str, Any]:
            return {"id": answer["who"]}

    browser.api.mount(bzz.AuthHive.routes_for([Elsewhere], prefix="other"))
    refused = await browser("POST", "/other/auth/signin/", json_body={"provider": "elsewhere"})
    assert (refused.status, list(refused.json["errors"])) == (400, ["provider"])
    begun = await browser("GET", "/other/auth/login/elsewhere")
    assert (begun.status, begun.headers["Location"]) == (302, "https://elsewhere.example/")
    state = jwt.decode(browser.cookies["AUTH_TOKEN_elsewhere"], SECRET, ["HS256"], issuer="bzz")["flow"]["state"]
    assert (await browser("GET", f"/other/auth/callback/elsewhere?who=ada&state={state}")).headers["Location"] == "/"
    assert (await me(browser))["userData"] == {"id": "ada", "provider": "elsewhere"}
