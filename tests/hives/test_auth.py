"""AuthHive: its arguments, and the policy that it gives an application."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.auth.sessions import EndedSessions
from bzz.exceptions import Unavailable
from tests.support.auth import ADA
from tests.support.client import SECRET, Api, Browser
from tests.support.extras import needs_extras


class Named(MockProvider):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@pytest.mark.parametrize("prefix", ["api", "/api", "/api/"])
async def test_any_spelling_of_the_prefix_is_the_same(api: Api, prefix: str) -> None:
    bzz.AuthHive.configure(api.app, SECRET)
    api.mount(bzz.AuthHive.routes_for([MockProvider], prefix=prefix))
    assert (await api("GET", "/api/auth/me/")).json == {"authenticated": False}


async def test_a_hive_makes_routes_below_any_prefix(api: Api) -> None:
    bzz.AuthHive.configure(api.app, SECRET)
    hive = bzz.AuthHive([MockProvider])
    api.mount(hive.routes(), hive.routes("a"), hive.routes("b").below("v1"))
    for prefix in ("", "/a", "/v1/b"):
        browser = Browser(api, prefix)
        assert (await browser.sign_in(**ADA)).status == 200
        assert (await browser("GET", f"{prefix}/auth/me/")).json["authenticated"]


@pytest.mark.parametrize("name", ["", "a/b", "a b", "é", ".", ".."])
def test_a_providers_name_must_fit_into_a_url(name: str) -> None:
    with pytest.raises(ValueError, match="the name of an auth provider must be of A-Za-z0-9"):
        bzz.AuthHive.routes_for([Named(name)])


def test_two_providers_cannot_have_the_same_name() -> None:
    with pytest.raises(ValueError, match="two auth providers are called 'mock'"):
        bzz.AuthHive.routes_for([MockProvider, MockProvider()])


def test_providers_must_be_a_list() -> None:
    with pytest.raises(TypeError, match="providers must be a list of auth providers"):
        bzz.AuthHive.routes_for(MockProvider)  # type: ignore[arg-type]


@pytest.mark.parametrize("provider", [object(), "google", tornado.web.RequestHandler])
def test_an_object_that_is_no_provider_is_refused(provider: Any) -> None:
    with pytest.raises(TypeError):
        bzz.AuthHive.routes_for([provider])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"secret_key": "short"}, "at least 32 bytes"),
        ({"secret_key": SECRET, "expiration": 0}, "expiration must be from 1 second"),
        ({"secret_key": SECRET, "issuer": ""}, "issuer must not be empty"),
        ({"secret_key": SECRET, "cookie_name": "a b"}, "cookie_name must be a token"),
        ({"secret_key": SECRET, "cookie_name": ""}, "cookie_name must be a token"),
        ({"secret_key": SECRET, "cookie_name": "__Host-A"}, "needs cookie_secure=True"),
        ({"secret_key": SECRET, "cookie_name": "__Secure-A"}, "needs cookie_secure=True"),
        ({"secret_key": SECRET, "proxy_host": "proxy"}, "a proxy needs proxy_host and"),
    ],
)
def test_an_impossible_value_is_refused_and_the_application_has_no_policy(options: dict[str, Any], error: str) -> None:
    app = tornado.web.Application()
    with pytest.raises(ValueError, match=error):
        bzz.AuthHive.configure(app, **options)
    assert not {name for name in app.settings if name.startswith("bzz")}


@pytest.mark.parametrize("value", [None, 0, "", "no", bool])
def test_a_switch_must_be_true_or_false_or_a_check(value: Any) -> None:
    with pytest.raises(TypeError, match="authenticated_delete must be True, False or a check"):
        bzz.AuthHive.configure(tornado.web.Application(), SECRET, authenticated_delete=value)


@pytest.mark.parametrize(
    "options",
    [
        {"secret_key": None},
        {"expiration": "20"},
        {"max_age": 1.5},
        {"ended_sessions": {"x"}},
        {"app": bzz.flatten([])},
    ],
)
def test_an_argument_of_another_type_is_refused(options: Any) -> None:
    with pytest.raises(TypeError, match=r"secret_key must be|whole seconds|subclass of EndedSessions|tornado.web.Appl"):
        bzz.AuthHive.configure(**{"app": tornado.web.Application(), "secret_key": SECRET, **options})


def test_trusted_origins_must_be_a_list() -> None:
    with pytest.raises(TypeError, match="trusted_origins must be a list"):
        bzz.AuthHive.configure(tornado.web.Application(trusted_origins="https://app.example"), SECRET)


class Shared(EndedSessions):
    """A store that several processes might share, and which may be away."""

    def __init__(self) -> None:
        self.ended: dict[str, int] = {}
        self.is_away = False

    async def add(self, session_id: str, seconds: int) -> None:
        if self.is_away:
            raise Unavailable("The store of sessions is away.")
        self.ended[session_id] = seconds

    async def has(self, session_id: str) -> bool:
        if self.is_away:
            raise Unavailable("The store of sessions is away.")
        return session_id in self.ended


async def test_a_store_of_ended_sessions_may_be_false_as_a_boolean(browser: Browser) -> None:
    class Sized(Shared):
        def __len__(self) -> int:
            return len(self.ended)

    shared = Sized()
    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=shared)
    await browser.sign_in(**ADA)
    await browser("POST", "/auth/signout/", body=b"")
    assert len(shared) == 1


async def test_a_shared_store_of_ended_sessions_outlives_the_configuration(browser: Browser) -> None:
    shared = Shared()
    bzz.AuthHive.configure(browser.api.app, SECRET, 300, ended_sessions=shared)
    await browser.sign_in(**ADA)
    stolen = dict(browser.cookies)
    await browser("POST", "/auth/signout/", body=b"")
    [seconds] = shared.ended.values()
    assert 43_200 + 50 <= seconds <= 43_200 + 60, "less the time since the sign-in"
    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=shared)
    browser.cookies = stolen
    assert (await browser("GET", "/auth/me/")).json == {"authenticated": False}


async def test_a_request_with_a_session_is_503_while_the_store_of_ended_sessions_is_away(browser: Browser) -> None:
    shared = Shared()
    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=shared)
    await browser.sign_in(**ADA)
    shared.is_away = True
    for method, path in (("GET", "/auth/me/"), ("POST", "/auth/signout/")):
        reply = await browser(method, path, body=b"" if method == "POST" else None)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    given = {"provider": "mock", "access_token": "x"}
    before = dict(browser.cookies)
    assert (await browser("POST", "/auth/signin/", json_body=given)).status == 503
    assert browser.cookies == before
    shared.is_away = False
    assert (await browser("GET", "/auth/me/")).json["authenticated"]


@needs_extras
def test_proxy_settings_reach_the_client_of_the_application() -> None:
    app = tornado.web.Application()
    options: Any = {"proxy_host": "proxy", "proxy_port": 1, "proxy_username": "ada", "proxy_password": "s3cret"}
    bzz.AuthHive.configure(app, SECRET, **options)
    assert app.settings["bzz_web_client"]._proxy == options
