"""Api: several hives as one API."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.providers.memory import MemoryProvider
from bzz.schema.scalars import BYTES, STRING
from bzz.testing.client import served
from tests.support.client import Api
from tests.support.pets import Dog, Owner


@pytest.fixture
def memory() -> MemoryProvider:
    return MemoryProvider()


async def test_two_apis_serve_one_model_in_two_shapes(memory: MemoryProvider) -> None:
    private = bzz.Api([bzz.ModelHive(memory, Owner), bzz.ModelHive(memory, Dog)], prefix="v1")
    public = bzz.Api(
        [bzz.ModelHive(memory, Owner, methods=["GET"]), bzz.ModelHive(memory, Dog, exclude=["name"])], prefix="/v2/"
    )
    async with served(tornado.web.Application([*private.routes(), public.routes()])) as api:
        await api("POST", "/v1/dog", json_body={"id": "rex", "name": "Rex"})
        await api("POST", "/v1/owner", json_body={"id": "ada", "dogs": ["rex"]})
        assert (await api("GET", "/v1/owner/ada?expand=dogs")).json["dogs"] == [{"id": "rex", "name": "Rex"}]
        assert (await api("GET", "/v2/owner/ada?expand=dogs")).json["dogs"] == [{"id": "rex"}]
        assert (await api("GET", "/v2/owner/ada/dogs/rex")).json == {"id": "rex"}
        assert (await api("DELETE", "/v2/owner/ada")).status == 405


async def test_an_api_reaches_only_the_models_of_its_hives(memory: MemoryProvider) -> None:
    alone = bzz.Api([bzz.ModelHive(memory, Owner)], prefix="alone")
    both = bzz.Api([bzz.ModelHive(memory, Owner), bzz.ModelHive(memory, Dog)])
    async with served(tornado.web.Application([alone.routes(), both.routes()])) as api:
        await api("POST", "/dog", json_body={"id": "rex"})
        await api("POST", "/owner", json_body={"id": "ada", "dogs": ["rex"]})
        assert (await api("GET", "/alone/owner/ada/dogs")).status == 404
        assert (await api("GET", "/alone/owner/ada?expand=dogs")).status == 400
        assert (await api("GET", "/owner/ada/dogs")).status == 200


async def test_defaults_hold_for_hives_that_do_not_say_otherwise(memory: MemoryProvider) -> None:
    class Loud(bzz.ModelHandler):
        def set_default_headers(self) -> None:
            self.set_header("X-Loud", "yes")

    made = bzz.Api(
        [bzz.ModelHive(memory, Owner), bzz.ModelHive.routes_for(memory, Dog, "inner", "dogs", per_page=1)],
        prefix="v1",
        per_page=2,
        handler_class=Loud,
    )
    async with served(tornado.web.Application(made.routes())) as api:
        for name in ("a", "b", "c"):
            await api("POST", "/v1/owner", json_body={"id": name})
            await api("POST", "/v1/inner/dogs", json_body={"id": name})
        owners = await api("GET", "/v1/owner")
        assert (len(owners.json), owners.headers["X-Loud"]) == (2, "yes")
        assert len((await api("GET", "/v1/inner/dogs")).json) == 1


def test_the_types_of_an_api_and_of_its_hives_are_known_to_the_provider(memory: MemoryProvider) -> None:
    hive = bzz.ModelHive(memory, Dog, types={bytes: BYTES})
    assert memory.types == {bytes: BYTES}
    bzz.Api([hive], types={bytes: STRING, str: STRING})
    assert memory.types == {bytes: BYTES, str: STRING}
    with pytest.raises(ValueError, match="already has another type for bytes"):
        bzz.ModelHive(memory, Owner, types={bytes: STRING})


async def test_an_api_serves_sign_in_and_canned_answers_and_answers_all_else_by_404(memory: MemoryProvider) -> None:
    made = bzz.Api(
        [
            bzz.ModelHive(memory, Dog),
            bzz.AuthHive([MockProvider()]),
            bzz.MockHive([("GET", "/soon", {"body": {"soon": True}})]),
        ],
        prefix="v1",
    )
    app = tornado.web.Application(made.routes())
    bzz.AuthHive.configure(app, "0123456789abcdef0123456789abcdef", authenticated_get=False)
    async with served(app) as api:
        assert (await api("GET", "/v1/auth/me/")).json == {"authenticated": False}
        assert (await api("GET", "/v1/soon")).json == {"soon": True}
        unknown = await api("GET", "/v1/nope")
        assert (unknown.status, unknown.headers["Content-Type"]) == (404, "application/problem+json")


async def test_the_default_decides_about_verbs_that_a_hive_does_not_name(memory: MemoryProvider) -> None:
    made = bzz.Api([bzz.ModelHive(memory, Dog, authenticated={"get": False})], authenticated=bzz.role("admin"))
    async with served(tornado.web.Application(made.routes())) as api:
        assert (await api("GET", "/dog")).status == 200
        assert (await api("POST", "/dog", json_body={"id": "rex"})).status == 401


def test_a_hive_belongs_to_one_api(memory: MemoryProvider) -> None:
    hive = bzz.ModelHive(memory, Dog)
    bzz.Api([hive])
    with pytest.raises(ValueError, match="the hive of Dog belongs to another Api"):
        bzz.Api([hive.routes()])


@pytest.mark.parametrize(
    ("hives", "options", "message"),
    [
        ([(r"/x", tornado.web.RequestHandler)], {}, "an Api takes hives and what routes_for returned"),
        ([], {"per_pgae": 3}, "unknown option per_pgae; there are authenticated, handler_class"),
    ],
)
def test_what_an_api_cannot_serve_is_a_type_error(hives: Any, options: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        bzz.Api(hives, **options)


async def test_a_hive_without_an_api_is_in_the_family_of_its_application(api: Api, memory: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(memory, Owner))
    await api.create("/owner", id="ada", dogs=[])
    assert (await api("GET", "/owner/ada/dogs")).status == 404
    api.app.add_handlers(r"127\.0\.0\.1", [bzz.ModelHive.routes_for(memory, Dog)])
    assert (await api("GET", "/owner/ada/dogs")).status == 200
