"""What a request takes and gives back: its unit of work, its identifiers, its memory."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import tornado.httputil

import bzz
from bzz import signals
from bzz.lifecycle.act import Act, Announcement
from bzz.lifecycle.targets import Target
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Query, Stored
from bzz.resources.paths import Path
from bzz.schema.scalars import Scalar
from bzz.schema.schema import Schema
from tests.support.client import Api
from tests.support.teams import NOBODY, member, project, records, team

OF_A_REQUEST = (
    *(Act, Announcement, UnitOfWork, ActState, Target, Path, Query, Stored),
    *(bzz.ModelHandler, tornado.httputil.HTTPServerRequest),
)


async def requests(api: Api) -> list[tuple[str, str, Any, int]]:
    """Each kind of request, with its status."""
    ada, bob, parent = await member(api), await member(api, "Bob"), await team(api)
    below = f"/team/{parent}/projects/{await project(api, parent)}"
    return [
        ("GET", "/team?expand=owner", None, 200),
        ("GET", f"/team/{parent}", None, 200),
        ("POST", f"/team/{parent}/owner", {"owner": ada}, 201),
        ("GET", f"/team/{parent}/owner", None, 200),
        ("POST", f"/team/{parent}/members", {"members": [ada, bob]}, 201),
        ("GET", f"/team/{parent}/members?sort=name&per_page=1", None, 200),
        ("DELETE", f"/team/{parent}/members/{ada}", None, 204),
        ("POST", "/member", {"name": "Cy"}, 201),
        ("PUT", f"/member/{ada}", {"name": "Augusta"}, 200),
        ("POST", f"{below}/module", {"name": "m"}, 201),
        ("PUT", below, {"name": "x"}, 200),
        ("DELETE", below, None, 204),
        ("DELETE", f"/member/{ada}", None, 204),
        ("GET", f"/member/{NOBODY}", None, 404),
        ("GET", "/member?nope=1", None, 400),
        ("PUT", f"/member/{bob}", {"nope": 1}, 400),
    ]


class UnitProvider(MemoryProvider):
    """Counts the units that are open."""

    open = 0

    async def begin(self, state: ActState) -> Any:
        self.open += 1
        return object()

    async def end(self, unit: object) -> None:
        await asyncio.sleep(0)
        self.open -= 1


async def test_the_unit_of_work_ends_before_the_reply_is_flushed(api: Api) -> None:
    provider = UnitProvider()
    flushed: list[int] = []

    class Handler(bzz.ModelHandler):
        def flush(self, include_footers: bool = False) -> asyncio.Future[None]:
            flushed.append(provider.open)
            return super().flush(include_footers)

    api.mount(
        *(bzz.ModelHive.routes_for(provider, model, handler_class=Handler) for model in (records.Team, records.Member))
    )
    refused = ("DELETE", f"/member/{NOBODY}", None, 404)
    for method, path, body, status in [*await requests(api), refused]:
        flushed.clear()
        assert (await api(method, path, json_body=body)).status == status, (method, path)
        assert flushed == [0], (method, path)


class ParsingProvider(MemoryProvider):
    """Counts how often each text is parsed as a key."""

    def __init__(self) -> None:
        super().__init__()
        self.parsed: Counter[str] = Counter()

    def describe(self, model: type) -> Schema:
        schema = super().describe(model)
        key = schema.fields["id"]
        assert isinstance(key.type, Scalar)
        parse = key.type.parser

        def counted(raw: Any) -> Any:
            self.parsed[raw] += 1
            return parse(raw)

        return replace(schema, fields={**schema.fields, "id": replace(key, type=replace(key.type, parser=counted))})


@pytest.mark.parametrize("watched", [False, True])
async def test_an_identifier_in_a_path_is_parsed_once_per_request(api: Api, watched: bool) -> None:
    provider = ParsingProvider()
    api.mount(*(bzz.ModelHive.routes_for(provider, model) for model in (records.Team, records.Member)))
    ada = await member(api)
    parent = await team(api, owner=ada, members=[ada])
    if watched:
        watch()
    for method, path, body in (
        ("GET", f"/team/{parent}", None),
        ("GET", f"/team/{parent}/owner", None),
        ("GET", f"/team/{parent}/members/{ada}", None),
        ("GET", f"/team/{parent}/members/{ada}/addresses", None),
        ("PUT", f"/team/{parent}", {"name": "x"}),
        ("POST", f"/team/{parent}/projects", {"name": "x"}),
        ("POST", f"/team/{parent}/members/{ada}/home", {"id": "h"}),
        ("DELETE", f"/team/{parent}/members/{ada}", None),
        ("DELETE", f"/team/{parent}", None),
    ):
        provider.parsed.clear()
        assert (await api(method, path, json_body=body)).status < 300, (method, path)
        in_path = {key: provider.parsed[key] for key in (parent, ada) if key in path}
        assert in_path == dict.fromkeys(in_path, 1), (method, path)


def watch() -> None:
    """Connect a receiver to each signal."""
    for signal in signals.declared().values():
        signal.connect(lambda sender: None, weak=False)


@contextmanager
def garbage() -> Iterator[list[object]]:
    """Collect what the block leaves to the garbage collector: objects in cycles that nothing refers to."""
    found: list[object] = []
    gc.freeze()  # what other tests have left takes long to search
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found += [one for one in gc.garbage if issubclass(type(one), OF_A_REQUEST)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()


@pytest.mark.parametrize("watched", [False, True])
async def test_a_request_leaves_nothing_to_the_garbage_collector(teams: Api, watched: bool) -> None:
    """Unless the store refuses a write: the task that an asyncio.timeout() ran in and its exception hold each other."""
    if watched:
        watch()
    for method, path, body, status in await requests(teams):
        with garbage() as found:
            assert (await teams(method, path, json_body=body)).status == status, (method, path)
        assert found == [], (method, path)
