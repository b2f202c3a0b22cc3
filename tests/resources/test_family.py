"""Families: what the hives of one API let requests reach."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import tornado.web

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.resources.family import Family
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.pets import Dog, Owner
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
    assert (await api("OPTIONS", f"{path}/{people[0]}")).headers["Allow"] == "GET, HEAD, DELETE, OPTIONS"
    assert (await api("POST", f"{path}/{people[0]}/addresses", json_body={"id": "x"})).status == 405
    assert (await api("OPTIONS", f"/team/{parent}/owner")).headers["Allow"] == "GET, HEAD, POST, DELETE, OPTIONS"


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


async def test_a_model_without_a_hive_is_not_reached_but_its_ids_are_shown(
    api: Api, served: Any, models: ModuleType
) -> None:
    everything = bzz.ModelHive(served, models.Member)
    api.mount(bzz.ModelHive.routes_for(served, models.Team))
    ada = await everything.create({"name": "Ada"})
    parent = await team(api, members=[str(ada.id)])
    assert (await api("GET", f"/team/{parent}")).json["members"] == [str(ada.id)]
    for path in ("/members", f"/members/{ada.id}", "?expand=members"):
        assert (await api("GET", f"/team/{parent}{path}")).status in (400, 404), path
    assert (await api("PATCH", f"/team/{parent}", json_body={"members": ["nobody"]})).status == 400
    teams = bzz.ModelHive(served, models.Team)
    assert [member.name for member in await teams.list(parent, "members")] == ["Ada"], "plain code reaches all models"


async def test_hives_of_another_application_change_nothing(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Owner), bzz.ModelHive.routes_for(provider, Dog))
    other = bzz.ModelHive.routes_for(provider, Dog, exclude=["name"], methods=["GET"])
    tornado.web.Application([other])
    await api.create("/dog", id="rex", name="Rex")
    await api.create("/owner", id="ada", dogs=["rex"])
    assert (await api("GET", "/owner/ada/dogs/rex")).json == {"id": "rex", "name": "Rex"}
    api.mount(bzz.ModelHive.routes_for(provider, Dog, "v2", exclude=["name"]))
    assert (await api("GET", "/owner/ada/dogs/rex")).json == {"id": "rex"}, "of this application"


async def test_the_main_hive_alone_decides_how_its_model_is_reached(api: Api, provider: MemoryProvider) -> None:
    api.mount(
        bzz.ModelHive.routes_for(provider, Owner),
        bzz.ModelHive.routes_for(provider, Dog, main=True),
        bzz.ModelHive.routes_for(provider, Dog, "public", exclude=["name"], methods=["GET"]),
    )
    await api.create("/dog", id="rex", name="Rex")
    await api.create("/owner", id="ada", dogs=["rex"])
    assert (await api("GET", "/owner/ada?expand=dogs")).json["dogs"] == [{"id": "rex", "name": "Rex"}]
    assert (await api("GET", "/public/dog/rex")).json == {"id": "rex"}
    with pytest.raises(ValueError, match="only one hive of Dog can have main=True"):
        Family([bzz.ModelHive(provider, Dog, main=True), bzz.ModelHive(provider, Dog, main=True)])


async def test_a_nested_only_hive_has_no_routes_of_its_own(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Owner), bzz.ModelHive.routes_for(provider, Dog, nested_only=True))
    await bzz.ModelHive(provider, Dog).create({"id": "rex"})
    await api.create("/owner", id="ada", dogs=["rex"])
    assert (await api("GET", "/dog/rex")).status == 404
    assert (await api("GET", "/owner/ada/dogs/rex")).status == 200


def test_a_family_keeps_a_bounded_number_of_reaches(provider: MemoryProvider) -> None:
    family = Family([bzz.ModelHive(provider, Dog)])
    first = family.reach()
    assert family.reach() is first
    for number in range(100):
        family.reach(frozenset({(Dog, str(number))}))
    assert family.reach() is not first
