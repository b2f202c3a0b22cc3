"""The options of a model's hives, on every path that leads to the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.resources import catalogue
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.teams import member, names, team


async def test_options_hold_wherever_the_model_is_reached(
    api: Api, served: Any, models: ModuleType, sent: list[Sent]
) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(
            served, models.Member, write_only=["password"], read_only=["addresses"], exclude=["age"], sort="-name"
        ),
        bzz.ModelHive.routes_for(served, models.Member, "readers", methods=["GET", "POST"], max_per_page=3, per_page=2),
    )
    people = [await member(api, name, password="secret") for name in ("Ada", "Bob", "Cy")]  # nobody's
    parent = await team(api, owner=people[0])
    path = f"/team/{parent}/members"
    assert (await api("POST", path, json_body={"members": people})).status == 201
    assert names(await api("GET", path)) == ["Cy", "Bob"]
    assert (await api("GET", f"{path}?per_page=4")).status == 400
    one = await api("GET", f"{path}/{people[0]}")
    expanded = (await api("GET", f"/team/{parent}?expand=owner,members")).json
    for body in (one.json, expanded["owner"], *expanded["members"]):
        assert not {"password", "age"} & set(body)
    for query in ("password=secret", "age=1", "sort=age", "fields=password", "password__startswith=s"):
        assert (await api("GET", f"{path}?{query}")).status == 400, query
    assert (await api("DELETE", f"{path}/{people[0]}")).status == 405
    assert (await api("OPTIONS", f"{path}/{people[0]}")).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert (await api("POST", f"{path}/{people[0]}/addresses", json_body={"id": "x"})).status == 405
    assert (await api("OPTIONS", f"/team/{parent}/owner")).headers["Allow"] == "GET, HEAD, POST, OPTIONS"


async def test_a_path_goes_through_readable_relations_only_and_writes_through_writable_ones(
    api: Api, served: Any, models: ModuleType
) -> None:
    api.mount(
        bzz.ModelHive.routes_for(
            served, models.Team, exclude=["owner"], write_only=["members"], read_only=["projects"]
        ),
        bzz.ModelHive.routes_for(served, models.Member),
    )
    ada = await member(api)
    parent = await team(api, members=[ada])
    assert (await api("GET", f"/team/{parent}/owner")).status == 404
    assert (await api("GET", f"/team/{parent}/members")).status == 404
    assert (await api("POST", f"/team/{parent}/members", json_body={"members": [ada]})).status == 404
    assert (await api("GET", f"/team/{parent}/members/{ada}/addresses")).status == 404
    assert (await api("GET", f"/team/{parent}/projects")).status == 200
    assert (await api("POST", f"/team/{parent}/projects", json_body={"name": "x"})).status == 405
    assert (await api("GET", f"/team/{parent}?expand=owner")).status == 400


async def test_a_model_without_get_is_not_expanded(api: Api, served: Any, models: ModuleType) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(served, models.Member, methods=["POST"]),
    )
    parent = await team(api)
    assert (await api("GET", f"/team/{parent}?expand=owner")).status == 400
    assert (await api("GET", f"/team/{parent}/owner")).status == 405


@dataclass
class Animal:
    id: str
    name: str = ""


@dataclass
class Dog(Animal):
    breed: str = ""
    owner: str | None = field(default=None, metadata={"reference": "Owner"})


@dataclass
class Owner:
    id: str
    dogs: list[str] = field(default_factory=list, metadata={"reference": Dog})


async def test_options_of_a_model_hold_for_models_that_inherit_from_it(api: Api, provider: MemoryProvider) -> None:
    api.mount(
        bzz.ModelHive.routes_for(provider, Animal, exclude=["name"]),
        bzz.ModelHive.routes_for(provider, Dog),
        bzz.ModelHive.routes_for(provider, Owner),
    )
    await api.create("/dog", id="rex", name="Rex", breed="collie")
    await api.create("/owner", id="ada", dogs=["rex"])
    seen = {"id": "rex", "breed": "collie", "owner": None}
    assert (await api("GET", "/owner/ada/dogs/rex")).json == seen
    assert (await api("GET", "/owner/ada?expand=dogs")).json["dogs"] == [seen]


async def test_all_of_a_model_without_a_hive_is_reached(api: Api, provider: MemoryProvider) -> None:
    dogs = bzz.ModelHive.routes_for(provider, Dog)
    api.mount(dogs, bzz.ModelHive.routes_for(provider, Owner))
    catalogue.forget_hives()
    await api.create("/owner", id="ada")
    await api.create("/dog", id="rex", owner="ada")
    assert (await api("GET", "/dog/rex/owner/dogs")).json == []
    hive = bzz.ModelHive(provider, Owner, methods=["POST"])
    assert (await api("GET", "/dog/rex/owner/dogs")).status == 200, "it has no routes"
    hive.routes()
    assert (await api("GET", "/dog/rex/owner/dogs")).status == 405
