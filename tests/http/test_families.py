from __future__ import annotations

from dataclasses import dataclass

import tornado.web
from tornado.routing import HostMatches, Rule

import bzz
from bzz.http.families import family_of
from bzz.providers.memory import MemoryProvider


@dataclass
class Dog:
    id: str


@dataclass
class Cat:
    id: str


def test_the_family_of_an_application_has_the_hives_of_all_its_rules() -> None:
    provider = MemoryProvider()
    dogs, cats = bzz.ModelHive(provider, Dog).routes(), bzz.ModelHive(provider, Cat).routes()
    app = tornado.web.Application([dogs, Rule(HostMatches("example.com"), [cats])])
    family = family_of(app)
    assert family.access(Dog) is not None
    assert family.access(Cat) is not None
    assert family_of(app) is family


def test_the_family_is_made_again_after_rules_were_added() -> None:
    provider = MemoryProvider()
    app = tornado.web.Application([bzz.ModelHive(provider, Dog).routes()])
    assert family_of(app).access(Cat) is None
    app.add_handlers(".*", [bzz.ModelHive(provider, Cat).routes()])
    assert family_of(app).access(Cat) is not None


def test_a_hive_of_an_api_is_in_no_family_of_an_application() -> None:
    made = bzz.Api([bzz.ModelHive(MemoryProvider(), Dog)])
    assert family_of(tornado.web.Application(made.routes())).access(Dog) is None


def test_two_applications_may_serve_one_hive() -> None:
    routes = bzz.ModelHive(MemoryProvider(), Dog).routes()
    one, other = tornado.web.Application(routes), tornado.web.Application([routes])
    assert family_of(one) is not family_of(other)
    assert family_of(one).access(Dog) is not None
    assert family_of(other).access(Dog) is not None
