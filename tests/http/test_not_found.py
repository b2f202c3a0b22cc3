"""NotFoundHandler: the reply for paths that no rule matches."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

import bzz
from tests.support.client import SECRET, Api, serve


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
async def test_a_path_without_a_rule_is_404_with_a_problem_document_whatever_the_method(api: Api, method: str) -> None:
    settings: Any = {"xsrf_cookies": True, "cross_origin_protection": True}
    app = tornado.web.Application(default_handler_class=bzz.NotFoundHandler, **settings)
    bzz.AuthHive.configure(app, SECRET)
    strange = Api(app, api.client, serve(app))
    refused = await strange(method, "/nowhere", headers={"Origin": "https://elsewhere.example", "X-Request-ID": "r1"})
    assert (refused.status, refused.headers["Content-Type"]) == (404, "application/problem+json")
    assert refused.json["detail"] == "There is nothing at this path; check the URL."
    assert refused.headers["X-Request-ID"] == "r1"


async def test_the_reply_to_head_has_no_body(api: Api) -> None:
    app = tornado.web.Application(default_handler_class=bzz.NotFoundHandler)
    refused = await Api(app, api.client, serve(app))("HEAD", "/nowhere")
    assert (refused.status, refused.body) == (404, b"")
