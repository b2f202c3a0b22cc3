"""References: each new one must lead to an instance, which one query finds."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import Invalid
from bzz.lifecycle.references import check_references, refers
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.memory import MemoryProvider
from bzz.resources.reach import PlainReach
from bzz.schema.schema import Schema
from bzz.signals import pre_provider_call
from bzz.testing import capture
from tests.support.teams import NOBODY, records


@pytest.fixture
def teams(provider: MemoryProvider) -> Schema:
    return provider.describe(records.Team)


async def member(provider: MemoryProvider, name: str) -> str:
    data: dict[str, Any] = {"name": name}
    stored = await UnitOfWork(provider).create(provider.describe(records.Member), data)
    found: str = stored.values["id"]
    return found


def test_refers_tells_whether_values_hold_a_reference(teams: Schema) -> None:
    assert not refers(teams, {"name": "Engine"})
    assert not refers(teams, {"members": [], "owner": None})
    assert refers(teams, {"owner": NOBODY})
    assert refers(teams, {"projects": [{"name": "x", "members": [NOBODY]}]})


async def test_each_dangling_reference_is_named_after_one_query(provider: MemoryProvider, teams: Schema) -> None:
    ada = await member(provider, "Ada")
    new: dict[str, Any] = {
        "owner": NOBODY,
        "members": [ada, NOBODY],
        "projects": [{"name": "x", "lead": ada}, {"name": "y", "lead": NOBODY}],
    }
    with capture(pre_provider_call) as sent, pytest.raises(Invalid) as caught:
        await check_references(UnitOfWork(provider), PlainReach(provider), teams, new, {})
    gone = [f"there is no Member {NOBODY}"]
    assert caught.value.errors == {"owner": gone, "members.1": gone, "projects.1.lead": gone}
    assert len(sent) == 1, "all in one batch"


async def test_a_reference_that_the_stored_values_hold_is_not_checked(provider: MemoryProvider, teams: Schema) -> None:
    old: dict[str, Any] = {"owner": NOBODY, "members": [NOBODY]}
    with capture(pre_provider_call) as sent:
        await check_references(
            UnitOfWork(provider), PlainReach(provider), teams, {"owner": NOBODY, "members": [NOBODY, NOBODY]}, old
        )
    assert sent == []
    with pytest.raises(Invalid):
        await check_references(UnitOfWork(provider), PlainReach(provider), teams, {"projects": [{"lead": NOBODY}]}, old)
