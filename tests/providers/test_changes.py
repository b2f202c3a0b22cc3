from __future__ import annotations

from dataclasses import dataclass, field

from bzz.providers.changes import Change, Trail
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Address


@dataclass
class Street:
    name: str


@dataclass
class Town:
    id: str
    main: Street | None = None
    others: list[Street] = field(default_factory=list)


def test_a_trail_leads_to_an_embedded_document_and_into_a_list() -> None:
    town = Town("x", Street("Main"), [Street("First"), Street("Second")])
    trails: list[tuple[Trail, object]] = [
        ([], town),
        ([("main", None)], town.main),
        ([("others", 1)], town.others[1]),
    ]
    for trail, part in trails:
        assert MemoryProvider().part(town, trail) is part


async def test_an_update_returns_the_values_that_its_change_was_applied_to() -> None:
    provider, state = MemoryProvider(), ActState()
    schema = provider.describe(Town)
    await provider.create(schema, {"id": "x", "main": {"name": "Main"}}, state=state)

    def rename(values: dict[str, object]) -> dict[str, object]:
        return {**values, "main": {"name": "High"}}

    change: Change = rename
    stored = await provider.update(Address.parse(schema, "x"), change, exact=False, loaded=None, state=state)
    assert stored.instance == Town("x", Street("High"))
    assert stored.previous == {"id": "x", "main": {"name": "Main"}, "others": []}
