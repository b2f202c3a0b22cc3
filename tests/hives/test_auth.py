"""AuthHive: what it takes, and what it leaves in an application."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.netutil
import tornado.testing
import tornado.web
import tornado.websocket

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.auth.sessions import EndedInMemory, EndedSessions
from bzz.exceptions import Unavailable
from tests.auth.test_handlers import ADA, aged, morsels
from tests.support.client import SECRET, Api, Browser, serve
from tests.support.extras import needs_extras


class Named(MockProvider):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@pytest.mark.parametrize("name", ["", "a/b", "a b", "é", ".", ".."])
def test_a_provider_has_a_name_that_a_url_can_have(name: str) -> None:
    with pytest.raises(ValueError, match="the name of an auth provider is of A-Za-z0-9"):
        bzz.AuthHive.routes_for([Named(name)])


def test_each_provider_has_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="two auth providers are called 'mock'"):
        bzz.AuthHive.routes_for([MockProvider, MockProvider()])


def test_providers_come_in_a_list() -> None:
    with pytest.raises(TypeError, match="takes a list of auth providers"):
        bzz.AuthHive.routes_for(MockProvider)  # type: ignore[arg-type]


@pytest.mark.parametrize("provider", [object(), "google", tornado.web.RequestHandler])
def test_what_is_no_provider_is_refused(provider: Any) -> None:
    with pytest.raises(TypeError):
        bzz.AuthHive.routes_for([provider])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"secret_key": "short"}, "at least 32 bytes"),
        ({"secret_key": SECRET, "expiration": 0}, "expiration"),
        ({"secret_key": SECRET, "issuer": ""}, "an issuer"),
        ({"secret_key": SECRET, "cookie_name": "a b"}, "a cookie cannot be called"),
        ({"secret_key": SECRET, "cookie_name": ""}, "a cookie cannot be called"),
        ({"secret_key": SECRET, "cookie_name": "__Host-A"}, "takes cookie_secure=True"),
        ({"secret_key": SECRET, "cookie_name": "__Secure-A"}, "takes cookie_secure=True"),
        ({"secret_key": SECRET, "proxy_host": "proxy"}, "a proxy has a proxy_host and"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_configured(options: dict[str, Any], error: str) -> None:
    app = tornado.web.Application()
    with pytest.raises(ValueError, match=error):
        bzz.AuthHive.configure(app, **options)
    assert not {name for name in app.settings if name.startswith("bzz")}


async def test_a_new_key_is_put_before_the_old_one(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bzz.AuthHive.configure(browser.api.app, [SECRET[::-1], SECRET])
    assert (await browser("GET", "/auth/me/")).json["authenticated"]
    await browser.sign_in(**ADA)
    bzz.AuthHive.configure(browser.api.app, SECRET)
    assert (await browser("GET", "/auth/me/")).json == {"authenticated": False}
    bzz.AuthHive.configure(browser.api.app, SECRET[::-1])
    assert (await browser("GET", "/auth/me/")).json["authenticated"]


async def test_applications_that_share_a_key_are_told_apart_by_their_issuer(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bzz.AuthHive.configure(browser.api.app, SECRET, issuer="another")
    assert (await browser("GET", "/auth/me/")).json == {"authenticated": False}


async def test_the_cookie_is_called_and_kept_as_configured(browser: Browser) -> None:
    bzz.AuthHive.configure(browser.api.app, SECRET, 60, "__Host-session", cookie_secure=True)
    [(name, morsel)] = morsels(await browser.sign_in(**ADA)).items()
    assert (name, morsel["max-age"], morsel["secure"], morsel["path"]) == ("__Host-session", "60", True, "/")


@pytest.mark.parametrize(("secure", "expected"), [(None, True), (False, "")])
async def test_the_cookie_is_secure_over_https(browser: Browser, secure: bool | None, expected: Any) -> None:
    bzz.AuthHive.configure(browser.api.app, SECRET, cookie_secure=secure)
    behind = Browser(Api(browser.api.app, browser.api.client, serve(browser.api.app)))
    given = {"provider": "mock", "access_token": "x"}
    https = {"X-Forwarded-Proto": "https"}
    signed_in = await behind("POST", "/auth/signin/", json_body=given, headers=https)
    assert morsels(signed_in)["AUTH_TOKEN"]["secure"] == expected


@pytest.mark.parametrize("value", [None, 0, "", "no"])
def test_a_switch_is_true_or_false(value: Any) -> None:
    with pytest.raises(TypeError, match="authenticated_delete is True or False"):
        bzz.AuthHive.configure(tornado.web.Application(), SECRET, authenticated_delete=value)


@pytest.mark.parametrize(
    "options",
    [
        {"secret_key": None},
        {"expiration": "20"},
        {"max_age": 1.5},
        {"ended_sessions": {"x"}},
        {"app": bzz.RouteList()},
    ],
)
def test_what_is_of_another_type_is_refused_in_words(options: Any) -> None:
    with pytest.raises(TypeError, match=r"a secret_key is|whole seconds|subclass of EndedSessions|tornado.web.Appl"):
        bzz.AuthHive.configure(**{"app": tornado.web.Application(), "secret_key": SECRET, **options})


def test_a_class_is_not_decorated() -> None:
    with pytest.raises(TypeError, match="authenticated decorates methods, not the class Plain"):
        bzz.authenticated(Plain)


async def test_a_handler_that_was_not_prepared_says_so(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    class Hasty(Ours):
        async def prepare(self) -> None:
            """Do something else."""

    browser.api.mount((r"/hasty", Hasty))
    await browser.sign_in(**ADA)
    assert (await browser("GET", "/hasty")).status == 500
    assert "prepare of Hasty has to: await super().prepare()" in caplog.text


def test_trusted_origins_are_a_list() -> None:
    with pytest.raises(TypeError, match="trusted_origins is a list"):
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


async def test_a_store_that_looks_empty_is_a_store(browser: Browser) -> None:
    class Sized(Shared):
        def __len__(self) -> int:
            return len(self.ended)

    shared = Sized()
    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=shared)
    await browser.sign_in(**ADA)
    await browser("POST", "/auth/signout/", body=b"")
    assert len(shared) == 1


async def test_ended_sessions_can_be_kept_in_a_store_that_is_shared(browser: Browser) -> None:
    shared = Shared()
    bzz.AuthHive.configure(browser.api.app, SECRET, 300, ended_sessions=shared)
    await browser.sign_in(**ADA)
    stolen = dict(browser.cookies)
    await browser("POST", "/auth/signout/", body=b"")
    assert list(shared.ended.values()) == [43_200 + 60]
    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=shared)
    browser.cookies = stolen
    assert (await browser("GET", "/auth/me/")).json == {"authenticated": False}


async def test_nobody_is_taken_for_signed_in_while_that_cannot_be_found_out(browser: Browser) -> None:
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


class Plain(tornado.web.RequestHandler):
    @bzz.authenticated
    def get(self) -> None:
        self.finish(self.current_user["id"])

    @bzz.authenticated
    async def post(self) -> None:
        """Say who it is."""
        self.finish(self.current_user["id"])

    @bzz.authenticated
    @tornado.gen.coroutine
    def delete(self) -> Any:
        yield tornado.gen.moment
        self.finish(self.current_user["id"])

    def put(self) -> None:
        self.finish("open")

    @bzz.authenticated
    def patch(self) -> None:
        raise tornado.web.HTTPError(404)


class Public(tornado.web.RequestHandler):
    """Tells caches what is not so where users are told apart."""

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "public, max-age=3600")

    @bzz.authenticated
    async def prepare(self) -> None:
        """Ask twice."""

    @bzz.authenticated
    def get(self, status: str) -> None:
        self.send_error(int(status))


class Ours(bzz.Handler):
    @bzz.authenticated
    async def get(self) -> None:
        """Say who it is."""
        self.reply({"id": self.current_user["id"]})

    async def post(self) -> None:
        self.reply({"user": self.current_user})


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_methods_of_plain_handlers_take_a_signed_in_user(browser: Browser, method: str) -> None:
    browser.api.mount((r"/plain", Plain))
    body = b"" if method == "POST" else None
    refused = await browser(method, "/plain", body=body)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (refused.headers["Content-Type"], refused.json["status"]) == ("application/problem+json", 401)
    await browser.sign_in(**ADA)
    admitted = await browser(method, "/plain", body=body)
    assert (admitted.status, admitted.body) == (200, b"7")
    assert (admitted.headers["Vary"], admitted.headers["Cache-Control"]) == (
        "Authorization, Cookie",
        "private, no-cache",
    )
    if method != "GET":
        foreign = await browser(method, "/plain", body=body, headers={"Origin": "https://evil.example"})
        assert (foreign.status, foreign.json["detail"]) == (403, "Another site cannot do this.")
    assert (await browser.api("PUT", "/plain", body=b"")).body == b"open"


async def test_errors_of_plain_handlers_are_not_for_everybody_either(browser: Browser) -> None:
    browser.api.mount((r"/plain", Plain))
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = old = aged(browser.cookies["AUTH_TOKEN"], iat=700)
    failed = await browser("PATCH", "/plain", body=b"")
    assert (failed.status, failed.headers["Vary"], failed.headers["Cache-Control"]) == (
        404,
        "Authorization, Cookie",
        "private, no-cache",
    )
    assert browser.cookies["AUTH_TOKEN"] != old


async def test_what_a_plain_handler_says_to_caches_is_for_no_user(browser: Browser) -> None:
    browser.api.mount((r"/public/(\d+)", Public))
    refused = await browser("GET", "/public/404")
    assert (refused.status, refused.headers.get_list("Cache-Control")) == (401, ["no-store"])
    await browser.sign_in(**ADA)
    failed = await browser("GET", "/public/404")
    assert failed.headers.get_list("Cache-Control") == ["private, no-cache"]
    assert failed.headers.get_list("Vary") == ["Authorization, Cookie"]


async def test_methods_of_our_own_handlers_take_a_signed_in_user(browser: Browser) -> None:
    browser.api.mount((r"/ours", Ours))
    refused = await browser("GET", "/ours")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await browser("POST", "/ours", body=b"")).json == {"user": None}
    await browser.sign_in(**ADA)
    assert (await browser("GET", "/ours")).json == {"id": "7"}
    assert (await browser("POST", "/ours", body=b"")).json["user"]["id"] == "7"


class Socket(tornado.websocket.WebSocketHandler):
    @bzz.authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        await super().get(*args, **kwargs)

    async def open(self, *args: Any, **kwargs: Any) -> None:
        await self.write_message(self.current_user["id"])


async def test_a_web_socket_takes_a_signed_in_user(browser: Browser) -> None:
    browser.api.mount((r"/socket", Socket))
    url = f"{browser.api.url}/socket".replace("http", "ws")
    with pytest.raises(tornado.httpclient.HTTPClientError, match="401"):
        await tornado.websocket.websocket_connect(url)
    await browser.sign_in(**ADA)
    cookie = {"Cookie": f"AUTH_TOKEN={browser.cookies['AUTH_TOKEN']}"}
    socket = await tornado.websocket.websocket_connect(tornado.httpclient.HTTPRequest(url, headers=cookie))
    assert await socket.read_message() == "7"
    socket.close()


async def test_a_handler_of_ours_is_identified_once_and_answers_errors_itself(browser: Browser) -> None:
    class Teapot(Ours):
        def write_error(self, status_code: int, **kwargs: Any) -> None:
            self.finish("short and stout")

    class Counted(EndedInMemory):
        asked = 0

        async def has(self, session_id: str) -> bool:
            self.asked += 1
            return await super().has(session_id)

    ended = Counted()
    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=ended)
    browser.api.mount((r"/ours", Teapot))
    refused = await browser("GET", "/ours")
    assert (refused.status, refused.body) == (401, b"short and stout")
    await browser.sign_in(**ADA)
    assert (await browser("GET", "/ours")).status == 200
    assert ended.asked == 1


@needs_extras
def test_proxy_settings_reach_the_client_of_the_application() -> None:
    app = tornado.web.Application()
    options: Any = {"proxy_host": "proxy", "proxy_port": 1, "proxy_username": "ada", "proxy_password": "s3cret"}
    bzz.AuthHive.configure(app, SECRET, **options)
    assert app.settings["bzz_web_client"]._proxy == options


async def test_a_decorated_method_lets_nobody_in_where_nobody_can_sign_in(api: Api) -> None:
    api.mount((r"/plain", Plain), (r"/ours", Ours))
    assert [(await api("GET", path)).status for path in ("/plain", "/ours")] == [401, 401]


async def test_a_decorated_method_keeps_its_name_and_documentation() -> None:
    assert (Plain.post.__name__, Plain.post.__doc__) == ("post", "Say who it is.")
