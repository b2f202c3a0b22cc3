"""Route lists: Tornado takes them as its own rules, and ``flatten`` keeps every rule, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import tornado.routing
import tornado.simple_httpclient
import tornado.web
from tornado.routing import AnyMatches, HostMatches, Rule

import bzz
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api, serve
from tests.support.models import Country, User


class Echo(tornado.web.RequestHandler):
    """Answers with the arguments of its route and of its path."""

    def initialize(self, said: str = "") -> None:
        self.said = said

    def get(self, *args: str, **kwargs: str) -> None:
        self.finish(" ".join([self.said, *args, *kwargs.values()]).strip())


class Who(tornado.web.RequestHandler):
    """Answers with the name of its application."""

    def get(self) -> None:
        self.finish(self.settings["name"])


@tornado.web.stream_request_body
class Upload(tornado.web.RequestHandler):
    """Counts the bytes of its body while they arrive."""

    size = 0

    def data_received(self, chunk: bytes) -> None:
        self.size += len(chunk)

    def post(self) -> None:
        self.finish(str(self.size))


RULES: list[Any] = [
    ("/a", Echo),
    ["/b", Echo],
    tornado.web.url("/c", Echo),
    Rule(AnyMatches(), Echo),
    [AnyMatches(), Echo],
]
PING = (r"/ping", Echo, {"said": "pong"})


def users() -> bzz.RouteList:
    return bzz.ModelHive.routes_for(MemoryProvider(), User)


def countries() -> bzz.RouteList:
    return bzz.ModelHive.routes_for(MemoryProvider(), Country)


def at(api: Api, routes: Any, **settings: Any) -> Api:
    """Return an API at a further application."""
    app = tornado.web.Application(routes, **settings)
    return Api(app, api.client, serve(app))


@pytest.mark.parametrize("rule", RULES)
def test_flatten_keeps_a_rule_as_it_is(rule: Any) -> None:
    assert [*bzz.flatten([rule])] == [rule]
    assert [*bzz.flatten([[[rule]], []])] == [rule]


def test_flatten_keeps_the_order_of_nested_lists() -> None:
    first, second, third, *_ = RULES
    assert [*bzz.flatten([first, bzz.flatten([second]), [[third]]])] == [first, second, third]


def test_a_route_list_is_a_sequence_of_rules() -> None:
    routes = bzz.flatten(RULES)
    assert isinstance(routes, Sequence)
    assert (len(routes), routes[1], routes[-2:], RULES[2] in routes) == (5, RULES[1], RULES[-2:], True)
    assert not bzz.flatten([])
    assert repr(bzz.flatten(RULES[:1])) == f"RouteList({RULES[:1]!r})"


def test_a_route_list_and_a_list_of_rules_add_up_to_a_route_list() -> None:
    first, second, *_ = RULES
    routes = bzz.flatten([first])
    for added in (routes + [second], routes + bzz.flatten([second])):  # noqa: RUF005
        assert isinstance(added, bzz.RouteList)
        assert [*added] == [first, second]


def test_a_list_that_takes_up_a_route_list_stays_a_list() -> None:
    first, second, third, *_ = RULES
    rules = [first]
    rules += bzz.flatten([second])
    rules.append(third)
    assert rules == [first, second, third]


@pytest.mark.parametrize(
    "join",
    [
        lambda: [users(), countries(), PING],
        lambda: [users(), next(iter(countries())), PING],
        lambda: [*users(), *countries(), PING],
        lambda: [PING] + users() + countries(),  # noqa: RUF005
        lambda: users() + [PING] + countries(),  # noqa: RUF005
        lambda: [users() + countries(), PING],
        lambda: bzz.flatten([users(), [countries(), [PING]]]),
        lambda: [bzz.flatten([users(), countries(), PING])],
        lambda: sum([users(), countries()], [PING]),
    ],
)
async def test_an_application_takes_route_lists_alone_and_among_rules(api: Api, join: Callable[[], Any]) -> None:
    other = at(api, join())
    ada = await other.create("/user", name="Ada")
    paths = (f"/user/{ada['id']}", "/user/2", "/country", "/ping")
    assert [(await other("GET", path)).status for path in paths] == [200, 404, 200, 200]
    assert (await other("GET", "/ping")).body == b"pong"
    assert (await other("GET", "/nowhere")).status == 404


async def test_add_handlers_takes_route_lists(api: Api) -> None:
    api.app.add_handlers(r".*", users())
    api.app.add_handlers(r".*", [countries(), PING])
    assert [(await api("GET", path)).status for path in ("/user", "/country", "/ping")] == [200, 200, 200]


async def test_two_applications_may_have_the_same_route_list(api: Api) -> None:
    routes = bzz.flatten([users(), (r"/who", Who), Rule(AnyMatches(), [(r"/in/who", Who)])])
    apis = [at(api, [routes], name="one"), at(api, [PING, routes], name="two"), at(api, [routes], name="three")]
    assert [(await one("GET", "/who")).body for one in apis] == [b"one", b"two", b"three"]
    assert [(await one("GET", "/in/who")).body for one in apis] == [b"one", b"two", b"three"]
    await apis[0].create("/user", name="Ada")
    assert [len((await one("GET", "/user")).json) for one in apis] == [1, 1, 1]


async def test_a_rule_in_a_route_list_works_as_it_does_in_an_application(api: Api) -> None:
    inner = tornado.web.Application([(r"/inner", Echo, {"said": "inner"})])
    routes = bzz.flatten(
        [
            (r"/two/(\w+)/(\w+)", Echo),
            (r"/named/(?P<name>\w+)", Echo, {"said": "named"}, "named"),
            (r"/upload", Upload),
            Rule(tornado.routing.PathMatches("/inner.*"), inner),
            (HostMatches("elsewhere.example"), [(r"/host", Echo, {"said": "elsewhere"})]),
            (HostMatches("127.0.0.1"), [(r"/host", Echo, {"said": "here"}), users()]),
            (HostMatches("127.0.0.1"), countries()),
        ]
    )
    other = at(api, [routes, PING])
    expected = {"/two/a/b": b"a b", "/named/x": b"named x", "/inner": b"inner", "/host": b"here", "/user": b"[]"}
    assert {path: (await other("GET", path)).body for path in expected} == expected
    assert (await other("POST", "/upload", body=b"x" * 100_000)).body == b"100000"
    assert [(await other("GET", path)).status for path in ("/country", "/ping", "/two/a")] == [200, 200, 404]
    assert other.app.reverse_url("named", "x") == "/named/x"


async def test_a_route_list_as_the_target_of_a_rule_must_be_in_a_list(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await at(api, [(HostMatches("127.0.0.1"), [users()])])("GET", "/user")).status == 200
    with pytest.raises(tornado.simple_httpclient.HTTPStreamClosedError):
        await at(api, [(HostMatches("127.0.0.1"), users())])("GET", "/user")
    assert "the target of a rule must be a list that contains the RouteList: [RouteList(" in caplog.text


async def test_every_rule_of_a_route_list_can_be_put_below_a_prefix(api: Api) -> None:
    routes = bzz.flatten([users(), PING, (r"^/it(em)?", Echo), (r"/x|/y", Echo), tornado.web.url(r"/a.b/(\w)", Echo)])
    other = at(api, [routes.below("c+").below("v1/"), (r".*", Echo, {"said": "else"})])
    assert (await other.create("/v1/c%2B/user", name="Ada"))["name"] == "Ada"
    found = ["/ping", "/item", "/x", "/y", "/a.b/c"]
    for path in found:
        assert (await other("GET", f"/v1/c%2B{path}")).body != b"else"
        assert [(await other("GET", wrong)).body for wrong in (path, f"/v1{path}")] == [b"else", b"else"]
    assert [*routes.below("")] == [*routes.below("/")]
    with pytest.raises(TypeError, match="a rule below /v1 must match the path of a request"):
        bzz.flatten([RULES[3]]).below("v1")


def test_each_rule_of_a_models_routes_has_its_hive() -> None:
    hive = bzz.ModelHive(MemoryProvider(), User)
    for routes in (hive.routes("api"), hive.routes("api").below("v1"), bzz.flatten([hive.routes("api")]).below("v1")):
        [rule] = routes
        assert rule.kwargs["hive"] is rule.target_kwargs["hive"] is hive
