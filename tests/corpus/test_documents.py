"""Documents in the manner of real projects, through every act."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

import bzz
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.schema.relations import reference_of
from bzz.signals import post_get_instance, post_get_list
from bzz.testing import Reply, capture
from tests.corpus.every_act import EveryAct
from tests.corpus.models import documents
from tests.support.client import Api


@pytest.mark.slow
@pytest.mark.gen_test(timeout=120)
async def test_every_act_answers_as_mongoengine_reads(api: Api, mongodb: None) -> None:
    async def read(model: Any, key: str) -> dict[str, Any] | None:
        found = model.objects(pk=key).no_dereference().first()
        kept = [name for name in model._fields_ordered if name not in ("id", model._meta["id_field"])]
        return found and {name: getattr(found, name) for name in kept}

    acts = EveryAct(api, MongoEngineProvider(), documents.MODELS, read, documents.GIVEN)
    await acts.run()
    assert not acts.differences, f"{acts.acts} acts:\n" + "\n".join(acts.differences)


@pytest.mark.slow
@pytest.mark.gen_test(timeout=120)
async def test_watched_and_unwatched_requests_get_the_same_replies(api: Api, mongodb: None) -> None:
    async def read(model: Any, key: str) -> None: ...

    acts = EveryAct(api, MongoEngineProvider(), documents.MODELS, read, documents.GIVEN)
    await acts.serve()
    for model, hive in acts.hives.items():
        shown = (await api("GET", f"/{hive.name}")).json
        for path in [f"/{hive.name}{query}" for query in queries(hive, shown)]:
            unwatched = await api("GET", path)
            with capture(post_get_instance, post_get_list) as sent:
                watched = await api("GET", path)
            assert sent, model
            assert told(unwatched) == told(watched), path


def queries(hive: bzz.ModelHive, shown: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the end of each URL: of instances, of sorted and filtered lists, with fields and expansions."""
    for name, known in hive.resource.schema.readable:
        asked: list[dict[str, Any]] = [{"fields": name}]
        if known.filterable and known.type.sortable:
            asked += [{"sort": f"{sign}{name}", "per_page": 2} for sign in ("", "-")]
        if known.filterable and "exists" in known.type.operators:
            asked += [{f"{name}__exists": value, "count": "true"} for value in ("true", "false")]
        if reference_of(known):
            asked.append({"expand": name})
        for end in ("", *(f"/{one['id']}" for one in shown)):
            yield from (f"{end}?{urlencode(one)}" for one in asked if not end or one.keys() <= {"fields", "expand"})
    yield from ("", *(f"/{one['id']}" for one in shown))


def told(reply: Reply) -> tuple[Any, ...]:
    return reply.status, reply.body, *(reply.headers.get(name) for name in ("ETag", "Link", "X-Total-Count"))
