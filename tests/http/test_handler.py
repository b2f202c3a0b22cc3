"""The base handler: bodies up to a limit, the log, replies of receivers, and headers for caches."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import tornado.web

import bzz
from bzz import exceptions
from bzz.http.handler import Handler
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api, Browser
from tests.support.models import User
from tests.support.raising import acting, failing


async def test_a_body_is_read_up_to_its_limit(api: Api) -> None:
    acting(api, failing(RuntimeError()))
    assert (await api("POST", "/", json_body={"a": "x" * 91})).status == 200
    assert (await api("POST", "/", json_body={"a": "x" * 92})).status == 413


async def test_a_coded_body_is_an_unsupported_media_type(api: Api) -> None:
    acting(api, failing(RuntimeError()))
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert (await api("POST", "/", body="{}", headers=headers)).status == 415
    headers["Content-Encoding"] = "identity"
    assert (await api("POST", "/", body="{}", headers=headers)).status == 200


def multipart(name: str, value: str, disposition: str = "") -> dict[str, Any]:
    body = f'--b\r\nContent-Disposition: form-data; name="{name}"{disposition}\r\n\r\n{value}\r\n--b--\r\n'
    return {"body": body, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


async def test_a_multipart_form_without_files_is_a_form(api: Api) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, prefix="multipart"))
    reply = await api("POST", "/multipart/user", **multipart("name", "hello"))
    assert (reply.status, reply.json["name"]) == (201, "hello")
    assert (await api("POST", "/multipart/user", **multipart("name", "x", '; filename="a.txt"'))).status == 415


async def test_a_long_body_is_read_like_a_short_one(users: Api) -> None:
    reply = await users("POST", "/user", json_body={"name": "x" * 70_000})
    assert (reply.status, len(reply.json["name"])) == (201, 70_000)


async def test_a_form_may_have_tornados_xsrf_token(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    users.app.settings["xsrf_cookies"] = True
    browser.cookies["_xsrf"] = "0123456789abcdef0123456789abcdef"
    assert (await browser("POST", "/user", form={"name": "Ada"})).status == 403
    form = {"name": "Ada", "_xsrf": browser.cookies["_xsrf"]}
    assert (await browser("POST", "/user", form=form)).status == 201
    header = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert (await browser("POST", "/user", json_body={"name": "Ada"}, headers=header)).status == 201


async def test_the_field_of_the_xsrf_token_is_unknown_without_xsrf_cookies(users: Api) -> None:
    refused = await users("POST", "/user", form={"name": "Ada", "_xsrf": "x"})
    assert refused.json["errors"] == {"_xsrf": ["unknown field"]}


async def test_a_clients_mistake_is_logged_without_a_traceback(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await acting(api, failing(exceptions.NotFound("no such thing")))("GET", "/")
    assert "no such thing" in caplog.text
    assert "Traceback" not in caplog.text


async def test_the_cause_of_an_error_is_in_the_log_and_not_in_the_reply(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    def act(handler: Any) -> None:
        raise exceptions.Unavailable("The store does not answer.") from OSError("10.0.0.7 refused")

    reply = await acting(api, act)("GET", "/")
    assert reply.status == 503
    assert b"10.0.0.7" not in reply.body
    assert "10.0.0.7 refused" in caplog.text


async def test_finish_leaves_the_reply_as_it_was_written(api: Api) -> None:
    async def act(handler: Handler) -> None:
        handler.set_status(202)
        handler.write("mine")
        raise tornado.web.Finish

    reply = await acting(api, act)("GET", "/")
    assert (reply.status, reply.body) == (202, b"mine")


async def test_a_finished_reply_is_not_changed(api: Api) -> None:
    async def act(handler: Handler) -> None:
        handler.finish("mine")
        handler.reply({"ours": 1})
        handler.reply_empty()

    reply = await acting(api, act)("GET", "/")
    assert (reply.status, reply.body) == (200, b"mine")


async def test_a_reply_of_a_receiver_is_not_logged_as_an_error(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    def act(handler: Any) -> None:
        handler.finish("mine")
        raise exceptions.Finished("answered")

    with caplog.at_level(logging.WARNING):
        assert (await acting(api, act)("GET", "/")).body == b"mine"
    assert caplog.text == ""


async def test_a_handler_may_reply_before_it_is_prepared(api: Api) -> None:
    class Guarded(bzz.ModelHandler):
        async def prepare(self) -> None:
            if self.request.headers.get("X-Key") != "open":
                self.reply({"error": "key"}, 401)
            else:
                await super().prepare()

    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, handler_class=Guarded))
    assert [(await api("GET", "/user", headers={"X-Key": key})).status for key in ("", "open")] == [401, 200]


async def test_headers_have_caches_tell_users_apart(api: Api, browser: Browser) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated={"get": False}))
    for path, status in (("/user", 200), ("/user/1", 404)):
        reply = await browser("GET", path)
        assert (reply.status, reply.headers["Vary"], reply.headers.get("Cache-Control")) == (
            status, "Authorization, Cookie", None,
        )  # fmt: skip
    await browser.sign_in()
    for path, status in (("/user", 200), ("/user/1", 404)):
        reply = await browser("GET", path)
        assert (reply.status, reply.headers["Vary"], reply.headers["Cache-Control"]) == (
            status, "Authorization, Cookie", "private, no-cache",
        )  # fmt: skip


async def test_a_reply_to_a_signed_in_user_can_be_304(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    at = (await browser("POST", "/user", json_body={"name": "Ada"})).headers["Location"]
    first = await browser("GET", at)
    again = await browser("GET", at, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.headers["Cache-Control"]) == (304, "private, no-cache")
