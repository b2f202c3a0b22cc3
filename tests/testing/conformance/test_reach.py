"""Cases of reach fail for a provider that shows hidden instances or excluded fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.visibility import visible
from tests.providers.sqlalchemy import suite as sqlalchemy
from tests.support.broken import suite_of


class FindsKeys(MemoryProvider):
    """Forgets hooks and scopes in a list of keys."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        has_keys = any(condition.field == schema.pk for condition in query.where)
        return await super().list(schema, replace(query, hidden=has_keys), state=state, represent=represent)


class NarrowsPages(MemoryProvider):
    """Applies hooks and scopes to a page, and not to the list."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        listing = await super().list(schema, replace(query, hidden=True), state=state, represent=represent)
        shown = [*visible(schema, [item.instance for item in listing.items], state.handler)]
        return replace(listing, items=[item for item in listing.items if item.instance in shown])


class ShowsExcluded(MemoryProvider):
    """Represents an instance with all its fields."""

    def stored(self, schema: Any, instance: Any, *, represent: bool = False, undefer: Any = ()) -> Any:
        return super().stored(self.describe(schema.model), instance, represent=represent, undefer=undefer)


class Drops(MemoryProvider):
    """Loses excluded fields in an update."""

    def _update(self, address: Any, change: Any, state: Any) -> Any:
        lost = {name: None for name, known in address.schema.fields.items() if not known.readable}
        return super()._update(address, lambda values: {**change(values), **lost}, state)


class ListsMembers(SQLAlchemyProvider):
    """Forgets hooks and scopes in a list of members that a table of pairs stores."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        query = replace(query, hidden=query.hidden or query.within is not None)
        return await super().list(schema, query, state=state, represent=represent)


LISTS = ("a_hidden_instance_is_in_no_list_of_keys", "a_hidden_instance_is_in_no_nested_list")
REPLIES = ("an_excluded_field_is_in_no_reply", "an_excluded_field_is_in_no_nested_reply")


@pytest.mark.parametrize("way", ["hooks", "scope"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, name) for kind in (FindsKeys, NarrowsPages) for name in LISTS),
        (FindsKeys, "no_reference_leads_to_a_hidden_instance"),
    ],
)
def test_a_provider_that_shows_hidden_members_fails_their_cases(kind: Any, name: str, way: str) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_of(kind), f"test_{name}")(way=way)


@pytest.mark.parametrize("way", ["hooks", "scope"])
@pytest.mark.parametrize("feature", ["topic", "topics"])
def test_a_provider_that_lets_a_body_refer_to_hidden_instances_fails_its_case(feature: str, way: str) -> None:
    with pytest.raises(AssertionError):
        suite_of(FindsKeys).test_a_body_cannot_refer_to_a_hidden_instance(feature=feature, way=way)


@pytest.mark.parametrize("way", ["hooks", "scope"])
def test_a_provider_that_lists_hidden_members_of_a_table_of_pairs_fails_its_case(way: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        sqlalchemy.suite_of(ListsMembers, tmp_path).test_a_hidden_instance_is_in_no_nested_list(way=way)


@pytest.mark.parametrize(("kind", "name"), [*((ShowsExcluded, name) for name in REPLIES), (Drops, REPLIES[0])])
def test_a_provider_that_shows_or_loses_excluded_fields_fails_their_cases(kind: Any, name: str) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_of(kind), f"test_{name}")()
