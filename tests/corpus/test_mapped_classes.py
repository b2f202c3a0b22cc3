"""Mapped classes in the manner of real projects, through every act."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.orm import Mapper, Session, class_mapper

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.corpus.every_act import EveryAct
from tests.corpus.models import applications, columns, mappings, shops, sqlmodels
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import DRIVERS
from tests.support.client import Api


def own_read(provider: SQLAlchemyProvider, database: Database) -> Callable[..., Any]:
    """Return the read of an instance by SQLAlchemy alone."""

    async def read(model: type, key: str) -> dict[str, Any] | None:
        schema = provider.describe(model)
        mapper: Mapper[Any] = class_mapper(model)
        names = [prop.key for prop in mapper.column_attrs if prop.key != schema.pk]
        typed = schema.fields[str(schema.pk)].type.parse(key)
        parts = typed if isinstance(typed, tuple) else (typed,)

        def load(session: Session) -> dict[str, Any] | None:
            found = session.get(model, parts)
            return found and {name: getattr(found, name) for name in names}

        return await database.run(load)

    return read


MODULES = {
    "applications": applications,
    "columns": columns,
    "mappings": mappings,
    "shops": shops,
    "sqlmodels": sqlmodels,
}


@pytest.mark.slow
@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("database", [name for name in DRIVERS if name in ("sqlite", "asyncpg")], indirect=True)
@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
async def test_every_act_answers_as_the_orm_reads(api: Api, database: Database, module: ModuleType) -> None:
    await database.create(module.Base)
    provider = SQLAlchemyProvider(database.factory)
    acts = EveryAct(api, provider, module.MODELS, own_read(provider, database), given=module.GIVEN)
    await acts.run()
    assert not acts.differences, f"{acts.acts} acts:\n" + "\n".join(acts.differences)
