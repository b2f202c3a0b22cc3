"""Hidden instances and excluded fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.memory import MemoryProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.visibility import visible
from tests.support.broken import breaks


@breaks("A list of keys has no hidden instance.", "a_hidden_instance_is_in_no_list_of_keys", way="hooks")
@breaks("A list of keys has no hidden instance.", "a_hidden_instance_is_in_no_list_of_keys", way="scope")
@breaks("A list of members has no hidden instance.", "a_hidden_instance_is_in_no_nested_list", way="hooks")
@breaks("A list of members has no hidden instance.", "a_hidden_instance_is_in_no_nested_list", way="scope")
@breaks("A reference does not lead to a hidden instance.", "no_reference_leads_to_a_hidden_instance", way="hooks")
@breaks("A reference does not lead to a hidden instance.", "no_reference_leads_to_a_hidden_instance", way="scope")
@breaks(
    "A body cannot refer to a hidden instance.",
    "a_body_cannot_refer_to_a_hidden_instance",
    feature="topic",
    way="hooks",
)
@breaks(
    "A body cannot refer to a hidden instance.",
    "a_body_cannot_refer_to_a_hidden_instance",
    feature="topics",
    way="hooks",
)
@breaks(
    "A body cannot refer to a hidden instance.",
    "a_body_cannot_refer_to_a_hidden_instance",
    feature="topic",
    way="scope",
)
@breaks(
    "A body cannot refer to a hidden instance.",
    "a_body_cannot_refer_to_a_hidden_instance",
    feature="topics",
    way="scope",
)
class FindsKeys(MemoryProvider):
    """Forgets hooks and scopes in a list of keys."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        has_keys = any(condition.field == schema.pk for condition in query.where)
        return await super().list(schema, replace(query, hidden=has_keys), **options)


@breaks("A hidden instance takes no place on a page.", "a_hidden_instance_is_in_no_list_of_keys", way="hooks")
@breaks("A hidden instance takes no place on a page.", "a_hidden_instance_is_in_no_nested_list", way="hooks")
@breaks("A hidden instance takes no place on a page.", "a_hidden_instance_is_in_no_list_of_keys", way="scope")
@breaks("A hidden instance takes no place on a page.", "a_hidden_instance_is_in_no_nested_list", way="scope")
class NarrowsPages(MemoryProvider):
    """Applies hooks and scopes to a page, and not to the list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, replace(query, hidden=True), **options | {"needs_instances": True})
        shown = [*visible(schema, [item.instance for item in listing.items], options["state"].handler)]
        return replace(listing, items=[item for item in listing.items if item.instance in shown])


@breaks("An update keeps excluded fields.", "an_excluded_field_is_in_no_reply")
class Drops(MemoryProvider):
    """Loses excluded fields in an update."""

    def _update(self, address: Any, change: Any, state: Any) -> Any:
        lost = {name: None for name, known in address.schema.fields.items() if not known.readable}
        return super()._update(address, lambda values: {**change(values), **lost}, state)


@breaks(
    "A list of members in a table of pairs has no hidden instance.",
    "a_hidden_instance_is_in_no_nested_list",
    way="hooks",
)
@breaks(
    "A list of members in a table of pairs has no hidden instance.",
    "a_hidden_instance_is_in_no_nested_list",
    way="scope",
)
class ListsMembers(SQLAlchemyProvider):
    """Forgets hooks and scopes in a list of members that a table of pairs stores."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        query = replace(query, hidden=query.hidden or query.within is not None)
        return await super().list(schema, query, **options)
