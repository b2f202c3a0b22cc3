"""``Link``: the pages around one page of a list."""

from __future__ import annotations

from bzz.http.links import page_links
from bzz.providers.values import Listing, Query
from tests.support.client import Api
from tests.support.teams import names
from tests.support.users import make_users


async def test_a_list_comes_in_pages_that_link_to_each_other(users: Api) -> None:
    await make_users(users)
    path, walked = "/user?sort=name&per_page=2", []
    while path:
        reply = await users("GET", path)
        walked.append(names(reply))
        links = dict(reversed(part.split("; rel=")) for part in reply.headers["Link"].split(", "))
        path = links.get('"next"', "").strip("<>")
        assert links['"first"'] == "</user?sort=name&per_page=2&page=1>"
        assert "page=1" not in path, "the next page is found by cursor"
    assert walked == [["Ada", "Bob"], ["Cy", "Di"], ["Ed"]]
    links = (await users("GET", "/user?sort=name&per_page=2&page=3")).headers["Link"]
    assert links.endswith(', </user?sort=name&per_page=2&page=2>; rel="prev"')
    assert names(await users("GET", "/user?page=99")) == []


def test_links_keep_the_other_parameters_of_the_query_string() -> None:
    query, listing = Query(page=2, per_page=5), Listing([], more=True)
    assert page_links("/user", "name=A%26B&page=2&tags__contains=x,y&after=z", query, listing, None) == (
        '</user?name=A%26B&tags__contains=x,y&page=1>; rel="first", '
        '</user?name=A%26B&tags__contains=x,y&page=1>; rel="prev", '
        '</user?name=A%26B&tags__contains=x,y&page=3>; rel="next"'
    )


def test_the_next_page_is_linked_by_cursor_if_there_is_one() -> None:
    links = page_links("/user", "", Query(), Listing([], more=True), "abc")
    assert links == '</user?page=1>; rel="first", </user?after=abc>; rel="next"'


def test_the_first_page_of_a_list_without_numbers_is_the_list_itself() -> None:
    links = page_links("/user", "sort=name&after=b", Query(), Listing([], more=True), "abc", has_numbers=False)
    assert links == '</user?sort=name>; rel="first", </user?sort=name&after=abc>; rel="next"'
    assert page_links("/user", "", Query(), Listing([], more=False), None, has_numbers=False) == '</user>; rel="first"'


def test_the_last_page_has_no_next_page() -> None:
    assert page_links("/user", "", Query(), Listing([], more=False), None) == '</user?page=1>; rel="first"'
