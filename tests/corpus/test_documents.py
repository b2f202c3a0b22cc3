"""Documents in the manner of real projects, through every act."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.providers.mongoengine import MongoEngineProvider
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
