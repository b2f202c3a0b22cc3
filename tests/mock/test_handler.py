"""Canned answers: the replies, as declared."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.httputil
import tornado.web

import bzz
from bzz.exceptions import Conflict
from tests.support.client import Api


def mocked(api: Api, *answers: Any) -> Api:
    return api.mount(bzz.MockHive.routes_for(answers))


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ({"a": 1}, "application/json", b'{"a":1}'),
        ([1, 2], "application/json", b"[1,2]"),
        ("Zürich", "text/plain; charset=UTF-8", "Zürich".encode()),
        (b"\x00\xff", "application/octet-stream", b"\x00\xff"),
    ],
)
async def test_the_type_of_a_body_decides_its_content_type(api: Api, body: Any, content_type: str, sent: bytes) -> None:
    mocked(api, ("GET", "/canned", {"body": body}), ("GET", "/made", {"body": lambda request: body}))
    for path in ("/canned", "/made"):
        reply = await api("GET", path)
        assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, content_type, sent)


@pytest.mark.parametrize("answer", [(), (None,), ({},), ({"body": None},)])
async def test_an_answer_without_options_is_200_without_a_body(api: Api, answer: Any) -> None:
    reply = await mocked(api, ("GET", "/empty", *answer))("GET", "/empty")
    assert (reply.status, reply.body, reply.headers.get("Content-Type")) == (200, b"", None)


@pytest.mark.parametrize("status", [404, "404"])
async def test_status_headers_and_cookies_are_as_declared(api: Api, status: Any) -> None:
    answer = {
        "status": status,
        "body": {"error": "gone"},
        "headers": {"X-Kind": "mock", "Content-Type": "application/vnd.mock+json"},
        "cookies": {"seen": "yes", "empty": ""},
    }
    reply = await mocked(api, ("GET", "/gone", answer))("GET", "/gone")
    assert (reply.status, reply.json, reply.headers["X-Kind"]) == (404, {"error": "gone"}, "mock")
    assert reply.headers["Content-Type"] == "application/vnd.mock+json"
    assert sorted(reply.headers.get_list("Set-Cookie")) == ['empty=""; Path=/', "seen=yes; Path=/"]
    assert reply.headers["X-Request-ID"]


async def test_a_function_gets_the_request_and_the_groups_of_the_path(api: Api) -> None:
    async def member(request: tornado.httputil.HTTPServerRequest, team: str, name: str) -> dict[str, str]:
        return {"method": str(request.method), "team": team, "name": name}

    def whole(request: tornado.httputil.HTTPServerRequest) -> str:
        return request.path

    mocked(
        api,
        ("GET", r"/team/([^/]+)/(?:m|n)/([^/]+)", {"body": member}),
        ("PUT", r"/team/(?P<team>\d+)/(?P<name>\w+)", {"body": member, "status": 202}),
        ("GET", r"/whole/(\d+)", {"body": whole}),
        ("GET", r"/named/(?P<x>\d+)", {"body": whole}),
        ("GET", r"/optional/([^/]+)?", {"body": lambda request, name: [name]}),
        ("GET", r"/built-in", {"body": repr}),
        ("GET", r"/(?P<self>s)/(?P<transforms>t)", {"body": whole}),
    )
    named = await api("GET", "/team/a%20b/m/Z%C3%BCrich+1")
    assert named.json == {"method": "GET", "team": "a b", "name": "Zürich+1"}
    put = await api("PUT", "/team/7/ada", body=b"")
    assert (put.status, put.json) == (202, {"method": "PUT", "team": "7", "name": "ada"})
    assert (await api("GET", "/optional/")).json == [None]
    assert (await api("GET", "/optional/%ff")).status == 400
    assert (await api("GET", "/built-in")).status == 200
    assert (await api("GET", "/whole/1")).body == b"/whole/1"
    assert (await api("GET", "/named/1")).body == b"/named/1"


async def test_a_function_may_read_the_body_of_the_request(api: Api) -> None:
    mocked(api, ("POST", "/echo", {"body": lambda request: request.body}))
    assert (await api("POST", "/echo", json_body={"a": 1})).json == {"a": 1}


@pytest.mark.parametrize(
    ("error", "status"),
    [(Conflict("Taken."), 409), (tornado.web.HTTPError(418), 418), (KeyError("bug"), 500)],
)
async def test_an_exception_of_a_function_is_a_problem_document(api: Api, error: Exception, status: int) -> None:
    def fail(request: Any) -> None:
        raise error

    reply = await mocked(api, ("GET", "/fail", {"body": fail}))("GET", "/fail")
    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/problem+json")


async def test_a_function_that_returns_no_body_is_500_and_the_log_says_why(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await mocked(api, ("GET", "/x", {"body": lambda request: 7}))("GET", "/x")).status == 500
    assert "the body must be text, bytes, a dict, a list" in caplog.text


async def test_an_answer_of_the_method_precedes_one_of_any_method(api: Api) -> None:
    mocked(
        api,
        ("*", "/a/.*", {"body": "any"}),
        ("get", "/a/b", {"body": "get"}),
        ("POST", "/a/(.*)", {"body": "post"}),
        ("POST", "/a/b", {"body": "later"}),
    )
    assert (await api("GET", "/a/b")).body == b"get"
    assert (await api("GET", "/a/c")).body == b"any"
    assert (await api("POST", "/a/b", body=b"")).body == b"post"
    for method in ("DELETE", "PATCH", "OPTIONS", "PURGE"):
        assert (await api(method, "/a/b", body=b"x" if method == "PATCH" else None)).body == b"any"


async def test_head_is_answered_as_get_without_the_body(api: Api) -> None:
    mocked(api, ("*", "/a", {"body": "any"}), ("GET", "/a", {"body": "four"}), ("HEAD", "/b", {"status": 404}))
    head = await api("HEAD", "/a")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "4", b"")
    assert (await api("HEAD", "/b")).status == 404


async def test_a_method_without_an_answer_is_405_and_options_lists_the_methods(api: Api) -> None:
    mocked(api, ("GET", "/a", {}), ("POST", "/(a|b)", {}), ("BREW", "/pot", {"status": 418}))
    for method in ("PUT", "DELETE", "PURGE"):
        refused = await api(method, "/a", body=b"" if method == "PUT" else None)
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
        assert refused.json["title"] == "Method Not Allowed"
    told = await api("OPTIONS", "/b")
    assert (told.status, told.headers["Allow"]) == (204, "POST, OPTIONS")
    assert (await api("BREW", "/pot")).status == 418


async def test_an_answer_with_status_204_has_no_body(api: Api) -> None:
    gone: list[str] = []
    mocked(
        api,
        ("DELETE", "/a", {"status": 204}),
        ("DELETE", "/b", {"status": 204, "body": lambda request: gone.append(request.path)}),
        ("DELETE", "/c", {"status": 204, "body": lambda request: "content"}),
    )
    replies = [await api("DELETE", path) for path in ("/a", "/b", "/c")]
    assert [reply.status for reply in replies] == [204, 204, 500]
    assert ([reply.body for reply in replies[:2]], gone) == ([b"", b""], ["/b"])


async def test_the_whole_path_matches_or_nothing(api: Api) -> None:
    mocked(api, *(("GET", path, {"body": "x"}) for path in ("/a|/b", r"/p\$", "(?i)/case")))
    paths = ["/a", "/b", "/abc", "/p$", "/p$zzz", "/CASE"]
    assert [(await api("GET", path)).status for path in paths] == [200, 200, 404, 200, 404, 200]


async def test_a_function_may_be_false_as_a_boolean(api: Api) -> None:
    class Recorder(list[str]):
        def __call__(self, request: Any) -> list[str]:
            self.append(request.path)
            return self

    assert (await mocked(api, ("GET", "/a", {"body": Recorder()}))("GET", "/a")).json == ["/a"]


async def test_the_entity_tag_is_the_declared_one_and_never_makes_a_304(api: Api) -> None:
    mocked(api, ("GET", "/a", {"body": "a", "headers": {"ETag": '"v1"'}}), ("GET", "/b", {"body": "b"}))
    assert (await api("GET", "/a")).headers["ETag"] == '"v1"'
    assert (await api("GET", "/a", headers={"If-None-Match": '"v1"'})).status == 200
    assert "ETag" not in (await api("GET", "/b")).headers


async def test_allow_lists_each_method_once(api: Api) -> None:
    mocked(api, ("GET", "/a", {}), ("HEAD", "/a", {}), ("OPTIONS", "/a", {"status": 200}))
    assert (await api("PUT", "/a", body=b"")).headers["Allow"] == "GET, HEAD, OPTIONS"
