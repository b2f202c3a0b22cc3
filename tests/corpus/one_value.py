"""One value: what is stored is shown, found, sorted by and told."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import bzz
from bzz.providers import DataType, Field
from bzz.signals import post_update_instance, pre_update_instance
from bzz.testing import Reply, capture
from tests.corpus.extremes import extreme
from tests.support.client import Api

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
}
UNCOMPARED = ("string", "enumeration", "UUID", "id")  # the store has an order of its own for their values


@dataclass
class OneValue:
    """Checks the promise on random instances of one class.

    Args:
        api: the client.
        hive: the hive of the class, which ``api`` serves.
        random: makes the values.
        changing: the names of fields whose values the class itself changes.
        differences: what went wrong, in words.
    """

    api: Api
    hive: bzz.ModelHive
    random: Random
    changing: Collection[str] = ()
    differences: list[str] = field(default_factory=list)

    @property
    def fields(self) -> list[tuple[str, Field]]:
        schema = self.hive.resource.schema
        return [(key, known) for key, known in schema.readable if known.name != schema.pk]

    async def run(self, count: int) -> None:
        """Create instances, and check all of them."""
        for _ in range(count):
            await self.send("POST", body=self.body(), allowed=(201, 400))
        for one in await self.listed():
            await self.brought_back(one)
            await self.told(one)
        shown = await self.listed()
        for key, known in self.fields:
            await self.found(shown, key, known)
            if known.filterable and known.type.sortable:
                for sort in (key, f"-{key}"):
                    await self.walked(shown, sort)

    def note(self, *words: object) -> None:
        self.differences.append(" ".join(map(str, words))[:600])

    def body(self) -> dict[str, Any]:
        made = {key: extreme(known.type, self.random) for key, known in self.fields if known.insertable}
        left = {key: value for key, value in made.items() if value is not None and self.random.random() < 0.8}
        return {**{key: made[key] for key, known in self.fields if known.required and key in made}, **left}

    async def send(self, method: str, path: str = "", *, body: Any = None, allowed: tuple[int, ...] = (200,)) -> Reply:
        sent = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"} if sent else None
        reply = await self.api(method, f"/{self.hive.name}{path}", body=sent, headers=headers)
        if reply.status not in allowed:
            self.note(method, path, sent, "->", reply.status, reply.body[:300])
        return reply

    async def listed(self, **query: Any) -> list[dict[str, Any]]:
        reply = await self.send("GET", f"?{urlencode({**query, 'per_page': 100})}")
        found: list[dict[str, Any]] = reply.json if reply.status == 200 else []
        return found

    async def brought_back(self, shown: dict[str, Any]) -> None:
        """What GET shows, PUT takes back and changes nothing."""
        path = f"/{quote(shown['id'], safe='')}"
        with capture(pre_update_instance, post_update_instance) as sent:
            again = await self.send("PUT", path, body=shown)
        told = [one.keywords["updated_fields"] for one in sent]
        if again.status == 200 and (again.json != shown or told != [{}, {}]):
            self.note("PUT of", shown, "shows", again.json, "and tells", told)

    async def told(self, shown: dict[str, Any]) -> None:
        """Both signals tell one diff, and the reply shows what they tell."""
        path = f"/{quote(shown['id'], safe='')}"
        for key, known in self.fields:
            value = extreme(known.type, self.random)
            if not known.updatable or value is None:
                continue
            with capture(pre_update_instance, post_update_instance) as sent:
                reply = await self.send("PATCH", path, body={key: value}, allowed=(200, 400))
            told = [one.keywords["updated_fields"] for one in sent]
            if key not in self.changing and reply.status == 200 and (len(told) != 2 or told[0] != told[1]):
                self.note("PATCH", key, value, "tells", told)

    async def found(self, shown: list[dict[str, Any]], key: str, known: Field) -> None:
        """What is shown finds itself, and conditions agree with plain Python."""
        for value in [one[key] for one in shown]:
            for operator, wanted in self.conditions(shown, key, known, value):
                asked = json.dumps(value) if isinstance(value, bool) else value
                found = [one["id"] for one in await self.listed(**{f"{key}__{operator}": asked})]
                if sorted(found) != sorted(wanted):
                    self.note(f"?{key}__{operator}={value}", "finds", sorted(found), "not", sorted(wanted))

    def conditions(
        self, shown: list[dict[str, Any]], key: str, known: Field, value: Any
    ) -> Iterator[tuple[str, list[str]]]:
        if "eq" not in known.type.operators or value is None or not known.filterable or (value, "") == ("", value):
            return
        if isinstance(value, (str, int, float)):
            yield "eq", [one["id"] for one in shown if same(known.type, one[key], value)]
            yield "ne", [one["id"] for one in shown if not same(known.type, one[key], value)]
        if "gt" in known.type.operators and known.type.name not in UNCOMPARED:
            for operator, holds in COMPARED.items():
                rows = [one for one in shown if one[key] is not None]
                typed = known.type.unbounded.parse
                yield operator, [one["id"] for one in rows if holds(typed(one[key]), typed(value))]

    async def walked(self, shown: list[dict[str, Any]], sort: str) -> None:
        """A walk meets each instance once and ends."""
        seen: list[str] = []
        query = urlencode({"sort": sort, "per_page": 2, "fields": "id"})
        for _ in range(len(shown) + 2):
            page = await self.send("GET", f"?{query}")
            seen += [one["id"] for one in page.json] if page.status == 200 else []
            links = [one for one in page.headers.get("Link", "").split(", ") if 'rel="next"' in one]
            if not links:
                break
            query = links[0].partition("?")[2].partition(">")[0]
        if sorted(seen) != sorted(one["id"] for one in shown):
            self.note("walk", sort, "meets", seen)


def same(datatype: DataType, one: Any, other: Any) -> bool:
    return one is not None and datatype.same(datatype.unbounded.parse(one), datatype.unbounded.parse(other))
