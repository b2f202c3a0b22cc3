"""Replies that are made of rows, and replies that are made of instances: they are equal, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.schema.relations import reference_of
from bzz.signals import post_get_instance, post_get_list
from bzz.testing import capture
from tests.corpus.every_act import EveryAct
from tests.corpus.test_mapped_classes import MODULES, own_read
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import DRIVERS
from tests.support.client import Api

PRESENT = ("Content-Type", "ETag", "Link", "X-Total-Count")


def queries(acts: EveryAct, model: type, shown: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield queries of a list: each order, pages, conditions by values that are shown, fields and expansions."""
    yield from ("", "count=true&per_page=2", "page=2&per_page=1", "per_page=1")
    for name, known in acts.hives[model].resource.schema.readable:
        yield f"fields={name}"
        if reference_of(known) is not None:
            yield f"expand={name}"
        if not known.filterable:
            continue
        yield from (f"sort={sort}&per_page=2" for sort in (name, f"-{name}") if known.type.sortable)
        values = [one.get(name) for one in shown]
        for operator in known.type.operators:
            some = [value for value in values if isinstance(value, (str, int, float)) and not isinstance(value, bool)]
            suffix = "" if operator == "eq" else f"__{operator}"
            asked = (
                "true" if operator == "exists" else ",".join(map(str, some[: 2 if operator in ("in", "nin") else 1]))
            )
            yield urlencode({f"{name}{suffix}": asked, "sort": f"-{name}" if known.type.sortable else "id"})


async def replies(acts: EveryAct, urls: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return what the requests to ``urls`` are answered, and follow the links to next pages."""
    found, waiting = [], [*urls]
    while waiting:
        url = waiting.pop(0)
        reply = await acts.api("GET", url)
        headers = {name: reply.headers.get(name) for name in PRESENT}
        found.append((url, reply.status, reply.body, headers))
        link = next((one for one in (headers["Link"] or "").split(", ") if 'rel="next"' in one), "")
        if link and "after=" in link and "per_page=2" in url:
            waiting.append(link.partition("<")[2].partition(">")[0].removeprefix(acts.api.url))
    return found


@pytest.mark.slow
@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("database", [name for name in DRIVERS if name in ("sqlite", "asyncpg")], indirect=True)
@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
async def test_watched_and_unwatched_reads_are_answered_the_same(
    api: Api, database: Database, module: ModuleType
) -> None:
    await database.create(module.Base)
    provider = SQLAlchemyProvider(database.factory)
    acts = EveryAct(api, provider, module.MODELS, own_read(provider, database), given=module.GIVEN)
    await acts.serve()
    urls = []
    for model in module.MODELS:
        base = f"/{acts.hives[model].name}"
        shown = (await api("GET", base)).json
        urls += [f"{base}?{query}" for query in queries(acts, model, shown)]
        urls += [f"{base}/{quote(one['id'], safe='')}" for one in shown]
    unwatched = await replies(acts, urls)
    with capture(post_get_instance, post_get_list) as sent:
        watched = await replies(acts, urls)
    assert len(sent) >= len(urls) / 2, "the others are refused"
    assert {status for _, status, *_ in unwatched} <= {200, 400}
    for one, other in zip(unwatched, watched, strict=True):
        assert one == other
