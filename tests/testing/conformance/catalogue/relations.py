"""References and members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("Values have the keys of members.", "members_join_and_leave")
@breaks("A path leads to each member.", "a_path_leads_to_members_only")
@breaks("A path goes on through members.", "paths_go_on_through_members")
class Memberless(MemoryProvider):
    """Shows no members."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return held | ({"members": []} if "members" in held else {})


class Changing(MemoryProvider):
    """Stores other values in an update than the change returned."""

    def changed(self, old: Any, new: Any) -> Any:
        raise NotImplementedError

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        return await super().update(address, lambda found: self.changed(found, change(found)), **options)


@breaks("Null unsets a reference.", "a_reference_is_set_followed_and_unset")
class KeepsReferences(Changing):
    """Keeps the owner if an update sets it to null."""

    def changed(self, old: Any, new: Any) -> Any:
        return {**new, "owner": old["owner"] if new.get("owner") is None else new["owner"]} if "owner" in new else new


@breaks("An update replaces the members.", "members_are_replaced_by_an_update")
class AddsMembers(Changing):
    """Adds the members of an update to those that are stored."""

    def changed(self, old: Any, new: Any) -> Any:
        members = [*old.get("members", ()), *new.get("members", ())]
        return {**new, "members": [*dict.fromkeys(members)]} if members else new


@breaks("An update stores each of the embedded documents.", "embedded_documents_have_paths_of_their_own")
class KeepsOneDocument(Changing):
    """Stores the last one of the embedded documents."""

    def changed(self, old: Any, new: Any) -> Any:
        return {**new, "projects": new["projects"][-1:]} if new.get("projects") else new


class Asking(MemoryProvider):
    """Asks for another list than the one that it should return."""

    def asked(self, schema: Any, query: Any) -> Any:
        raise NotImplementedError

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, self.asked(schema, query), **options)


def of_keys(schema: Any, query: Any) -> list[Any]:
    """Return the conditions ``in`` on the primary key."""
    return [one for one in query.where if one.field == schema.pk and one.operator == "in"]


@breaks("A list can be filtered by a reference.", "a_list_is_filtered_by_a_reference")
@breaks("A list can be filtered by a member.", "a_list_is_filtered_by_a_member")
class FiltersByNoReference(Asking):
    """Ignores conditions on references."""

    def asked(self, schema: Any, query: Any) -> Any:
        return replace(query, where=[one for one in query.where if one.field not in ("owner", "members")])


@breaks("A list of members meets its other conditions.", "members_are_listed_like_any_list")
class FiltersByKeysAlone(Asking):
    """Applies no other condition to a list of keys."""

    def asked(self, schema: Any, query: Any) -> Any:
        return replace(query, where=of_keys(schema, query) or query.where)


@breaks("A list of members has the order of its query.", "members_are_sorted_like_any_list", per_page=100)
class SortsNoKeys(Asking):
    """Sorts no list of keys."""

    def asked(self, schema: Any, query: Any) -> Any:
        return replace(query, sort=[]) if of_keys(schema, query) else query


@breaks("A list of keys has each instance that exists.", "references_are_expanded_by_one_query_each")
class FindsOneKey(Asking):
    """Returns the first instance of a list of keys."""

    def asked(self, schema: Any, query: Any) -> Any:
        return replace(query, per_page=1) if of_keys(schema, query) else query


@breaks("A list of keys has no missing instance.", "a_reference_to_a_missing_instance_is_refused")
@breaks("A list of keys has no deleted instance.", "a_deleted_instance_is_no_member")
class MakesInstances(MemoryProvider):
    """Makes an instance for each key of a list of keys."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        items, pk = [*listing.items], str(schema.pk)
        found = {one.values[pk] for one in items}
        for key in (key for one in of_keys(schema, query) for key in one.value if key not in found):
            instance = schema.model(name="phantom")
            instance.id = key
            items.append(self.stored(schema, instance))
        return replace(listing, items=items)


@breaks("A list of keys has all values of an instance.", "an_excluded_field_is_in_no_nested_reply")
class ForgetsValuesOfKeys(MemoryProvider):
    """Returns the names of the instances in a list of keys, and no other values."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        if not of_keys(schema, query):
            return listing
        items = [replace(one, values=dict.fromkeys(one.values) | self.kept(schema, one)) for one in listing.items]
        return replace(listing, items=items)

    def kept(self, schema: Any, one: Any) -> dict[str, Any]:
        return {name: one.values[name] for name in (schema.pk, "name") if name in one.values}


@breaks("A read sees the writes before it.", "a_reply_with_other_members_is_not_304")
class CachesReads(MemoryProvider):
    """Returns from a get what it returned before."""

    async def get(self, address: Any, **options: Any) -> Any:
        known = vars(self).setdefault("known", {})
        key = address.schema.model, address.key
        if key not in known:
            known[key] = await super().get(address, **options | {"needs_instances": True})
        return known[key]
