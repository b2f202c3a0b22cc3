"""``/auth/login/NAME/`` and ``/auth/callback/NAME/``: where a flow begins and ends, and what an attacker gets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

import bzz
from bzz.auth.providers.oidc import OIDCProvider
from bzz.signals import authorized_user, unauthorized_user
from bzz.testing import capture
from tests.support.client import SECRET, Api, Browser
from tests.support.flows import begin, consent, signing_in, with_parameters
from tests.support.issuer import OpenIDIssuer


async def test_a_flow_ends_in_the_browser_that_began_it_only(visitor: Browser, issuer: OpenIDIssuer) -> None:
    victim = Browser(visitor.api)
    path = await consent(*await begin(visitor))
    with capture(unauthorized_user, authorized_user) as sent:
        assert (await victim("GET", path)).status == 400
        assert (await visitor("GET", with_parameters(path, state="other"))).status == 400
    assert ([one.signal for one in sent], victim.cookies) == (["unauthorized_user"] * 2, {})
    assert "/oauth2/token" not in issuer.paths


async def test_a_flow_ends_once(visitor: Browser) -> None:
    path = await consent(*await begin(visitor))
    begun = dict(visitor.cookies)
    assert (await visitor("GET", path)).status == 302
    assert (await visitor("GET", path)).status == 400
    visitor.cookies = begun
    assert (await visitor("GET", path)).status == 401


async def test_the_flow_of_one_provider_cannot_end_at_another(api: Api, issuer: OpenIDIssuer) -> None:
    api.mount(bzz.AuthHive.routes_for([OIDCProvider(issuer.url, "other", name="other")], prefix="second"))
    visitor = signing_in(api, OIDCProvider(issuer.url, "client"))
    url, asked = await begin(visitor)
    path = await consent(url, asked)
    visitor.cookies["AUTH_TOKEN_other"] = visitor.cookies["AUTH_TOKEN_oidc"]
    assert (await visitor("GET", path.replace("/auth/callback/oidc", "/second/auth/callback/other"))).status == 400


async def test_a_session_is_no_flow_and_a_flow_no_session(visitor: Browser) -> None:
    url, asked = await begin(visitor)
    flow = visitor.cookies["AUTH_TOKEN_oidc"]
    visitor.cookies["AUTH_TOKEN"] = flow
    assert (await visitor("GET", "/auth/me/")).json == {"authenticated": False}
    await visitor.sign_in()
    visitor.cookies["AUTH_TOKEN_oidc"] = visitor.cookies["AUTH_TOKEN"]
    assert (await visitor("GET", await consent(url, asked))).status == 400


async def test_a_callback_with_a_wrong_state_does_not_end_the_flow(visitor: Browser) -> None:
    path = await consent(*await begin(visitor))
    assert (await visitor("GET", with_parameters(path, state="junk"))).status == 400
    assert (await visitor("GET", path)).status == 302


async def test_a_flow_may_take_ten_minutes(visitor: Browser) -> None:
    reply = await visitor("GET", "/auth/login/oidc/")
    assert "Max-Age=600" in reply.headers["Set-Cookie"]
    name, token = next(iter(visitor.cookies.items()))
    claims = jwt.decode(token, SECRET, ["HS256"], issuer="bzz")
    assert claims["exp"] - claims["iat"] == 600
    visitor.cookies[name] = jwt.encode({**claims, "exp": claims["iat"] - 1}, SECRET, headers={"typ": "flow+jwt"})
    assert (await visitor("GET", f"/auth/callback/oidc/?code=x&state={claims['flow']['state']}")).status == 400


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "evil",
        "",
        "javascript:alert(1)",
        "/a\nb",
        "/é",
        "//[",
        "/\t/evil.example",
        "/" + "x" * 1000,
    ],
)
async def test_next_must_be_a_path_on_this_site(visitor: Browser, next_path: str) -> None:
    reply = await visitor("GET", f"/auth/login/oidc/?{urlencode({'next': next_path})}")
    assert (reply.status, visitor.cookies) == (400, {})


@pytest.mark.parametrize("path", ["login/mock", "callback/mock", "login/nobody", "callback/nobody", "login/a%2Fb"])
async def test_a_provider_without_flows_is_404(visitor: Browser, path: str) -> None:
    assert (await visitor("GET", f"/auth/{path}/")).status == 404


async def test_a_receiver_of_authorized_user_may_refuse_a_flow(visitor: Browser) -> None:
    def refuse(sender: Any) -> None:
        raise bzz.exceptions.Forbidden("Not you.")

    with authorized_user.connected_to(refuse):
        reply = await visitor("GET", await consent(*await begin(visitor)))
    assert (reply.status, visitor.cookies) == (403, {})
