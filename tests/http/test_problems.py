"""Problem documents: status, members and headers of the reply to an error."""

from __future__ import annotations

import logging

import pytest
import tornado.web

from bzz import exceptions
from bzz.exceptions import BzzError
from tests.support.client import Api
from tests.support.raising import acting, failing


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
async def test_a_bzz_error_is_a_problem_document_with_its_status(api: Api, error: BzzError) -> None:
    reply = await acting(api, failing(error))("GET", "/")
    assert reply.status == error.status_code
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["type"] == "about:blank"
    assert reply.json["status"] == error.status_code
    assert reply.json["detail"] == "bad"
    assert reply.json["title"]


async def test_the_errors_of_fields_are_in_the_problem_document(api: Api) -> None:
    reply = await acting(api, failing(exceptions.Invalid(errors={"a.b": ["no"]})))("GET", "/")
    assert reply.json["errors"] == {"a.b": ["no"]}


async def test_unavailable_says_when_to_try_again(api: Api) -> None:
    reply = await acting(api, failing(exceptions.Unavailable("down", retry_after=9)))("GET", "/")
    assert reply.headers["Retry-After"] == "9"


async def test_an_http_error_of_tornado_shows_its_reason_and_not_its_log_message(api: Api) -> None:
    reply = await acting(api, failing(tornado.web.HTTPError(402, "only logged", reason="Pay first")))("GET", "/")
    assert (reply.status, reply.json["detail"]) == (402, "Pay first")
    assert b"only logged" not in reply.body


async def test_a_status_unknown_to_http_has_the_title_unknown(api: Api) -> None:
    reply = await acting(api, failing(tornado.web.HTTPError(499)))("GET", "/")
    assert (reply.status, reply.json["title"]) == (499, "Unknown")


async def test_any_other_exception_is_500_and_shown_in_the_log_only(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        reply = await acting(api, failing(RuntimeError("secret")))("GET", "/")
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert "secret" in caplog.text


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_content_has_no_body(api: Api, status: int) -> None:
    reply = await acting(api, failing(tornado.web.HTTPError(status)))("GET", "/")
    assert (reply.status, reply.body) == (status, b"")
