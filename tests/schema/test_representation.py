"""The method of a model that makes the representation of an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api


@dataclass
class Book:
    """Its method ``to_dict`` is for its own application."""

    id: str
    secret: str = "s"

    def to_dict(self) -> dict[str, Any]:
        return {"own": self.secret}


@dataclass
class Marked(Book):
    @bzz.represents
    def summary(self) -> dict[str, Any]:
        return {"marked": self.id, "big": 2**70, "odd": "\ud800"}


class Inheriting(Marked):
    def summary(self) -> dict[str, Any]:
        return {"inherited": self.id}


async def shown(api: Api, name: str, model: type, **options: Any) -> Any:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), model, resource_name=name, **options))
    created = await api("POST", f"/{name}", json_body={"id": "a"})
    assert (created.status, created.headers["Location"]) == (201, f"/{name}/a/")
    assert [created.json] == (await api("GET", f"/{name}")).json == [(await api("GET", f"/{name}/a")).json]
    return created.json


async def test_a_to_dict_counts_only_where_the_hive_says_so(api: Api) -> None:
    assert await shown(api, "book", Book, exclude=["secret"]) == {"id": "a"}
    assert await shown(api, "own", Book, exclude=["secret"], to_dict=True) == {"own": "s"}


async def test_a_marked_method_counts_in_each_hive(api: Api) -> None:
    assert await shown(api, "marked", Marked) == {"marked": "a", "big": 2**70, "odd": "\\ud800"}
    assert await shown(api, "inheriting", Inheriting) == {"inherited": "a"}
    assert await shown(api, "own", Marked, to_dict=True) == {"own": "s"}


def test_the_option_needs_a_method() -> None:
    @dataclass
    class Plain:
        id: str

    with pytest.raises(TypeError, match="to_dict: Plain has no method"):
        bzz.ModelHive(MemoryProvider(), Plain, to_dict=True)


def test_the_strictest_of_two_hives_shows_fields(provider: MemoryProvider) -> None:
    own = bzz.ModelHive(provider, Book, to_dict=True).resource
    plain = bzz.ModelHive(provider, Book, exclude=["secret"]).resource
    assert own.strictest(plain).schema.represented_by == plain.strictest(own).schema.represented_by == ""
    assert own.strictest(own).schema.represented_by == "to_dict"
