"""Embedded documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

TOGETHER = "documents_that_change_at_once_all_change"
FOUND = "a_write_finds_its_document_after_another_one_left"


class Remembers(MemoryProvider):
    """Applies a change to the values that its act has read."""

    async def update(self, address: Any, change: Any, *, loaded: Any, **options: Any) -> Any:
        if loaded is None:
            return await super().update(address, change, loaded=loaded, **options)
        return await super().update(
            address, lambda found: self.merged(found, loaded.values, change), loaded=loaded, **options
        )

    def merged(self, found: Any, loaded: Any, change: Any) -> Any:
        raise NotImplementedError


@breaks("An update stores the list of documents as it is then.", TOGETHER)
@breaks("A field of a document is stored without the others.", "fields_of_one_document_that_change_at_once_all_change")
class WritesWhatItRead(Remembers):
    """Stores all fields that the change has touched, as its act has read them."""

    def merged(self, found: Any, loaded: Any, change: Any) -> Any:
        return {**found, **{name: value for name, value in change(loaded).items() if value is not loaded.get(name)}}


@breaks("An update writes to the document that it found.", FOUND, method="PUT")
@breaks("A delete removes the document that it found.", FOUND, method="DELETE")
@breaks("A document that left is not replaced by another one.", "a_document_that_left_is_not_found")
class WritesByIndex(Remembers):
    """Changes the documents of a list by the places that they had when its act read them."""

    def merged(self, found: Any, loaded: Any, change: Any) -> Any:
        changed, projects = change(loaded), [*found["projects"]]
        before, after = loaded["projects"], changed["projects"]
        if len(after) < len(before):
            gone = next(place for place, one in enumerate(before) if one not in after)
            del projects[gone : gone + 1]
        for place, (old, new) in enumerate(zip(before, after, strict=False)):
            if old != new and len(after) == len(before):
                projects[place : place + 1] = [new]
        return {**found, "projects": projects}


@breaks("A new document is added to the list as it is then.", FOUND, method="POST")
class AppendsToWhatItRead(Remembers):
    """Adds a document to the list that its act has read."""

    def merged(self, found: Any, loaded: Any, change: Any) -> Any:
        return {**found, "projects": change(loaded)["projects"]}


@breaks("A part is the document at its place.", "receivers_get_the_document_of_the_path")
class TakesTheFirst(MemoryProvider):
    """Returns the first document of a list."""

    def part(self, instance: Any, trail: Any) -> Any:
        return super().part(instance, [(name, index and 0) for name, index in trail])


@breaks("The documents of an instance keep their order.", TOGETHER)
class MovesToTheEnd(MemoryProvider):
    """Moves a changed document to the end of its list."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        def moved(found: Any) -> Any:
            changed = change(found)
            before, after = found.get("projects") or [], changed.get("projects") or []
            return {**changed, "projects": sorted(after, key=lambda one: one not in before)} if after else changed

        return await super().update(address, moved, **options)


@breaks("The instance after an update is that which is stored.", "receivers_get_the_document_of_the_path")
class ReturnsTheInstanceBefore(MemoryProvider):
    """Returns an instance as it was before an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        before = self._copied(address.schema, self._find(address, options["state"]))
        stored = await super().update(address, change, **options)
        lists = ("projects",) if "projects" in address.schema.fields else ()
        is_longer = any(len(stored.values[name]) > len(before.values[name]) for name in lists)
        return stored if is_longer else replace(stored, instance=before.instance)


@breaks("A single document is a part, too.", "a_single_document_has_a_path")
class TakesTheParent(MemoryProvider):
    """Returns the instance itself in place of a single document."""

    def part(self, instance: Any, trail: Any) -> Any:
        whole = super().part(instance, [pair for pair in trail if pair[1] is not None])
        document = super().part(instance, trail)
        whole.city, whole.street = "none", getattr(document, "street", None)
        return whole if len(trail) == 1 and trail[0][1] is None else document
