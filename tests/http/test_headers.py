"""``If-Match`` and ``If-None-Match``: their entity tags."""

from __future__ import annotations

from tornado.httputil import HTTPHeaders

from bzz.http.headers import parse_entity_tags, parse_precondition
from bzz.lifecycle.preconditions import Precondition
from tests.support.client import Api
from tests.support.conditional import tagged, write
from tests.support.teams import member


async def test_a_malformed_entity_tag_never_matches(teams: Api) -> None:
    path = f"/member/{await member(teams)}"
    etag = await tagged(teams, path)
    for wrong in ('"abc*', "abc*", "W/*", "foo, *", '*"a"', '"a" *', f"{etag} *", f"x{etag}", "*, *"):
        assert (await write(teams, "PUT", path, {"age": 1}, If_Match=wrong)).status == 412, wrong
    assert (await write(teams, "PUT", path, {"age": 1}, If_Match=f' "a,b" , {etag} ')).status == 200


def test_entity_tags_are_parsed_in_order_and_malformed_ones_are_left_out() -> None:
    assert parse_entity_tags('"a", W/"b,c" , d, "e') == [('"a"', False), ('"b,c"', True)]
    assert parse_entity_tags(" * ") == [("*", False)]
    assert parse_entity_tags("") == []


def test_a_weak_entity_tag_counts_in_if_none_match_only() -> None:
    headers = HTTPHeaders({"If-Match": 'W/"a", "b"', "If-None-Match": 'W/"a", "b"'})
    assert parse_precondition(headers) == Precondition(frozenset({'"b"'}), frozenset({'"a"', '"b"'}))


def test_a_request_without_either_header_has_no_precondition() -> None:
    assert parse_precondition(HTTPHeaders({"ETag": '"a"'})) is None
    assert parse_precondition(HTTPHeaders({"If-Match": ""})) == Precondition(frozenset(), None)
