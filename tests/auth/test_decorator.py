"""``authenticated`` on plain handlers, on handlers of bzz, and on WebSockets."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.httpclient
import tornado.web
import tornado.websocket

import bzz
from bzz.auth.sessions import EndedInMemory
from bzz.exceptions import Unavailable
from tests.support.auth import ADA, aged
from tests.support.client import SECRET, Api, Browser


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


async def is_ada(handler: tornado.web.RequestHandler) -> bool:
    if handler.get_query_argument("away", None):
        raise Unavailable("Nobody knows.")
    if handler.get_query_argument("tea", None):
        raise tornado.web.HTTPError(418)
    return bool(handler.current_user and handler.current_user["name"] == "Ada")


class Adas(tornado.web.RequestHandler):
    @bzz.authenticated(is_ada)
    def get(self) -> None:
        self.finish(self.current_user["id"])


class OurAdas(bzz.Handler):
    @bzz.authenticated(is_ada)
    async def get(self) -> None:
        """Say who it is."""
        self.finish(self.current_user["id"])


class Socket(tornado.websocket.WebSocketHandler):
    @bzz.authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        await super().get(*args, **kwargs)

    async def open(self, *args: Any, **kwargs: Any) -> None:
        await self.write_message(self.current_user["id"])


def test_a_class_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match="authenticated decorates methods, not the class Plain"):
        bzz.authenticated(Plain)
    with pytest.raises(TypeError, match="authenticated decorates methods, not the class Plain"):
        bzz.authenticated(is_ada)(Plain)


async def test_a_decorated_method_keeps_its_name_and_documentation() -> None:
    assert (Plain.post.__name__, Plain.post.__doc__) == ("post", "Say who it is.")
    assert (OurAdas.get.__name__, OurAdas.get.__doc__) == ("get", "Say who it is.")


@pytest.mark.parametrize("handler", [Adas, OurAdas])
async def test_a_method_with_a_check_runs_for_requests_that_pass_it(browser: Browser, handler: Any) -> None:
    browser.api.mount((r"/adas", handler))
    assert (await browser("GET", "/adas")).status == 401
    await browser.sign_in(name="Bob")
    refused = await browser("GET", "/adas")
    assert (refused.status, refused.headers["Content-Type"]) == (403, "application/problem+json")
    assert refused.json["detail"] == "You may not do this; ask for the permission, or sign in as another user."
    assert [(await browser("GET", f"/adas?{query}=1")).status for query in ("away", "tea")] == [503, 418]
    await browser.sign_in(**ADA)
    assert (await browser("GET", "/adas")).body == b"7"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_method_of_a_plain_handler_runs_for_a_signed_in_user_only(browser: Browser, method: str) -> None:
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
        assert (foreign.status, foreign.json["detail"]) == (
            403,
            "Another site sent this request; send it from this site or a trusted origin.",
        )
    assert (await browser.api("PUT", "/plain", body=b"")).body == b"open"


async def test_an_error_of_a_plain_handler_keeps_the_headers_for_caches(browser: Browser) -> None:
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


async def test_default_headers_of_a_plain_handler_do_not_make_a_users_reply_public(browser: Browser) -> None:
    browser.api.mount((r"/public/(\d+)", Public))
    refused = await browser("GET", "/public/404")
    assert (refused.status, refused.headers.get_list("Cache-Control")) == (401, ["no-store"])
    await browser.sign_in(**ADA)
    failed = await browser("GET", "/public/404")
    assert failed.headers.get_list("Cache-Control") == ["private, no-cache"]
    assert failed.headers.get_list("Vary") == ["Authorization, Cookie"]


async def test_a_method_of_a_bzz_handler_runs_for_a_signed_in_user_only(browser: Browser) -> None:
    browser.api.mount((r"/ours", Ours))
    refused = await browser("GET", "/ours")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await browser("POST", "/ours", body=b"")).json == {"user": None}
    await browser.sign_in(**ADA)
    assert (await browser("GET", "/ours")).json == {"id": "7"}
    assert (await browser("POST", "/ours", body=b"")).json["user"]["id"] == "7"


async def test_a_bzz_handler_identifies_the_user_once_and_answers_errors_itself(browser: Browser) -> None:
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


async def test_a_bzz_handler_that_was_not_prepared_is_500_and_the_log_says_why(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    class Hasty(Ours):
        async def prepare(self) -> None:
            """Do something else."""

    browser.api.mount((r"/hasty", Hasty))
    await browser.sign_in(**ADA)
    assert (await browser("GET", "/hasty")).status == 500
    assert "Hasty.prepare must await super().prepare()" in caplog.text


async def test_a_web_socket_opens_for_a_signed_in_user_only(browser: Browser) -> None:
    browser.api.mount((r"/socket", Socket))
    url = f"{browser.api.url}/socket".replace("http", "ws")
    with pytest.raises(tornado.httpclient.HTTPClientError, match="401"):
        await tornado.websocket.websocket_connect(url)
    await browser.sign_in(**ADA)
    cookie = {"Cookie": f"AUTH_TOKEN={browser.cookies['AUTH_TOKEN']}"}
    socket = await tornado.websocket.websocket_connect(tornado.httpclient.HTTPRequest(url, headers=cookie))
    assert await socket.read_message() == "7"
    socket.close()


async def test_a_decorated_method_is_401_in_an_application_without_a_policy(api: Api) -> None:
    api.mount((r"/plain", Plain), (r"/ours", Ours))
    assert [(await api("GET", path)).status for path in ("/plain", "/ours")] == [401, 401]
