"""MockHive: its one route, beside the routes of an application."""

from __future__ import annotations

import pytest
import tornado.web

import bzz
from tests.support.client import Api, Browser


def test_an_answer_that_is_declared_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"declared once: GET /a$"):
        bzz.MockHive.routes_for([("GET", "/a"), ("POST", "/a"), ("get", "/a")])


async def test_a_path_without_an_answer_is_left_to_other_rules(api: Api) -> None:
    class Other(tornado.web.RequestHandler):
        def get(self) -> None:
            self.finish("other")

    api.mount(bzz.MockHive.routes_for([("GET", "/a", {"body": "a"})]), (r"/.*", Other))
    assert [(await api("GET", path)).body for path in ("/a", "/ab", "/a/")] == [b"a", b"other", b"other"]


async def test_canned_answers_need_no_user_beside_routes_that_do(browser: Browser) -> None:
    browser.api.mount(bzz.MockHive.routes_for([("POST", "/later", {"body": {"id": 1}, "status": 201})]))
    assert (await browser("POST", "/later", json_body={})).status == 201


async def test_answers_may_lie_below_a_prefix(api: Api) -> None:
    hive = bzz.MockHive([("GET", r"^/a|/b/(\w)", {"body": {"ok": 1}}), ("GET", ".*c", {"body": {"ok": 2}})])
    api.mount(hive.routes("api"), hive.routes("é/").below("/v1"))
    for prefix in ("/api", "/v1/%C3%A9"):
        assert [(await api("GET", prefix + path)).json["ok"] for path in ("/a", "/b/x", "/abc")] == [1, 1, 2]
    for path in ("/a", "/apic", "/v1/a", "/x/api/a"):
        assert (await api("GET", path)).status == 404
