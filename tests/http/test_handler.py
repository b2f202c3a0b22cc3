from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import tornado.web

import bzz
from bzz import exceptions
from bzz.exceptions import BzzError
from bzz.http.handler import Handler
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api
from tests.support.models import User


class Raising(Handler):
    def initialize(self, act: Callable[[Raising], Awaitable[None] | None]) -> None:
        self.act = act

    async def get(self) -> None:
        result = self.act(self)
        if result is not None:
            await result

    async def post(self) -> None:
        self.reply(await self.read_body(100))


def raising(api: Api, act: Callable[[Any], Awaitable[None] | None]) -> Api:
    return api.mount((r"/", Raising, {"act": act}))


def throw(error: BaseException) -> Callable[[Any], None]:
    def act(handler: Any) -> None:
        raise error

    return act


@pytest.mark.parametrize(
    "error",
    [
        exceptions.BadRequest("bad"),
        exceptions.Forbidden("bad"),
        exceptions.NotFound("bad"),
        exceptions.Conflict("bad"),
        exceptions.ContentTooLarge("bad"),
        exceptions.UnsupportedMediaType("bad"),
        exceptions.Unavailable("bad"),
    ],
)
async def test_an_error_of_ours_is_answered_as_a_problem_with_its_status(api: Api, error: BzzError) -> None:
    reply = await raising(api, throw(error))("GET", "/")
    assert reply.status == error.status_code
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["type"] == "about:blank"
    assert reply.json["status"] == error.status_code
    assert reply.json["detail"] == "bad"
    assert reply.json["title"]


async def test_messages_by_field_and_header_fields_are_in_the_reply(api: Api) -> None:
    reply = await raising(api, throw(exceptions.Invalid(errors={"a.b": ["no"]})))("GET", "/")
    assert reply.json["errors"] == {"a.b": ["no"]}


async def test_unavailable_says_when_to_try_again(api: Api) -> None:
    reply = await raising(api, throw(exceptions.Unavailable("down", retry_after=9)))("GET", "/")
    assert reply.headers["Retry-After"] == "9"


async def test_a_http_error_of_tornado_chooses_the_reply(api: Api) -> None:
    reply = await raising(api, throw(tornado.web.HTTPError(402, "only logged", reason="Pay first")))("GET", "/")
    assert (reply.status, reply.json["detail"]) == (402, "Pay first")
    assert b"only logged" not in reply.body


async def test_a_status_that_http_does_not_know_is_still_answered(api: Api) -> None:
    reply = await raising(api, throw(tornado.web.HTTPError(499)))("GET", "/")
    assert (reply.status, reply.json["title"]) == (499, "Unknown")


async def test_any_other_exception_is_a_500_that_says_nothing_of_it(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        reply = await raising(api, throw(RuntimeError("secret")))("GET", "/")
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert "secret" in caplog.text


async def test_a_clients_mistake_is_logged_without_a_traceback(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await raising(api, throw(exceptions.NotFound("no such thing")))("GET", "/")
    assert "no such thing" in caplog.text
    assert "Traceback" not in caplog.text


async def test_finish_leaves_the_reply_as_it_was_written(api: Api) -> None:
    async def act(handler: Handler) -> None:
        handler.set_status(202)
        handler.write("mine")
        raise tornado.web.Finish

    reply = await raising(api, act)("GET", "/")
    assert (reply.status, reply.body) == (202, b"mine")


async def test_a_handler_that_has_finished_is_left_alone(api: Api) -> None:
    async def act(handler: Handler) -> None:
        handler.finish("mine")
        handler.reply({"ours": 1})
        handler.reply_empty()

    reply = await raising(api, act)("GET", "/")
    assert (reply.status, reply.body) == (200, b"mine")


async def test_a_body_is_read_up_to_its_limit(api: Api) -> None:
    raising(api, throw(RuntimeError()))
    assert (await api("POST", "/", json_body={"a": "x" * 91})).status == 200
    assert (await api("POST", "/", json_body={"a": "x" * 92})).status == 413


async def test_a_coded_body_is_an_unsupported_media_type(api: Api) -> None:
    raising(api, throw(RuntimeError()))
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


async def test_what_caused_an_error_is_in_the_log_and_not_in_the_reply(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    def act(handler: Any) -> None:
        raise exceptions.Unavailable("The store does not answer.") from OSError("10.0.0.7 refused")

    reply = await raising(api, act)("GET", "/")
    assert reply.status == 503
    assert b"10.0.0.7" not in reply.body
    assert "10.0.0.7 refused" in caplog.text


async def test_a_long_body_is_read_like_a_short_one(users: Api) -> None:
    reply = await users("POST", "/user", json_body={"name": "x" * 70_000})
    assert (reply.status, len(reply.json["name"])) == (201, 70_000)


async def test_that_a_receiver_has_answered_is_no_error(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    def act(handler: Any) -> None:
        handler.finish("mine")
        raise exceptions.Finished("answered")

    with caplog.at_level(logging.WARNING):
        assert (await raising(api, act)("GET", "/")).body == b"mine"
    assert caplog.text == ""


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_content_is_answered_without_any(api: Api, status: int) -> None:
    reply = await raising(api, throw(tornado.web.HTTPError(status)))("GET", "/")
    assert (reply.status, reply.body) == (status, b"")


async def test_a_handler_may_reply_before_it_is_prepared(api: Api) -> None:
    class Guarded(bzz.ModelHandler):
        async def prepare(self) -> None:
            if self.request.headers.get("X-Key") != "open":
                self.reply({"error": "key"}, 401)
            else:
                await super().prepare()

    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, handler_class=Guarded))
    assert [(await api("GET", "/user", headers={"X-Key": key})).status for key in ("", "open")] == [401, 200]
