"""Every act on every class by HTTP, compared with the ORM's own reads."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from urllib.parse import quote, urlencode

import bzz
from bzz.providers import Embedded, Field, Json, List, Map, Provider, Reference
from bzz.testing import Reply
from tests.corpus.samples import WRONG, sample
from tests.support.client import Api

Own = Callable[[type, str], Awaitable[dict[str, Any] | None]]  # the ORM's own read, by model and id
INSTANCES = 3


@dataclass
class EveryAct:
    """Sends every act to the routes of several classes.

    Args:
        api: the client.
        provider: the provider of the classes.
        models: the classes.
        own: the ORM's own read of an instance: a dict from field name to Python value. None if there is none.
        given: functions that make the values of fields which no type tells, by name.
        acts: the number of requests.
        differences: what went wrong, in words.
    """

    api: Api
    provider: Provider
    models: Sequence[type]
    own: Own
    given: Mapping[str, Callable[[int], Any]] = field(default_factory=dict)
    acts: int = 0
    differences: list[str] = field(default_factory=list)
    keys: dict[type, list[str]] = field(default_factory=lambda: defaultdict(list))

    async def run(self) -> None:
        """Serve the classes, and send all acts."""
        await self.serve()
        for model in self.models:
            for key in [*self.keys[model]]:
                await self.read(model, key)
                await self.change(model, key)
            await self.walk(model)
            await self.send_wrong(model)
        for model in reversed(self.models):
            for key in self.keys[model]:
                await self.send("DELETE", model, key, allowed=(204, 404, 409))

    async def serve(self) -> None:
        """Serve the classes, and create instances of them."""
        self.hives = {model: bzz.ModelHive(self.provider, model) for model in self.models}
        self.api.mount([hive.routes() for hive in self.hives.values()])
        await self.create_all()

    def note(self, *words: object) -> None:
        self.differences.append(" ".join(map(str, words))[:500])

    async def send(
        self, method: str, model: type, path: str = "", query: str = "", *, body: Any = None, allowed: Sequence[int]
    ) -> Reply:
        below, asked = f"/{quote(path, safe='')}" if path else "", f"?{query}" if query else ""
        url = f"/{self.hives[model].name}{below}{asked}"
        sent = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"} if body is not None else None
        reply = await self.api(method, url, body=sent, headers=headers)
        self.acts += 1
        if reply.status not in allowed:
            self.note(method, url, sent, "->", reply.status, reply.body[:300].decode(errors="replace"))
        return reply

    def settable(self, model: type, attribute: str = "insertable") -> Iterator[tuple[str, Field]]:
        fields = self.hives[model].resource.schema.readable
        parts = {part for _, known in fields if isinstance(known.type, Reference) for part in known.parts}
        for key, known in fields:
            if getattr(known, attribute) and known.holder is None and known.name not in parts:
                yield key, known

    async def create_all(self) -> None:
        """Create instances of all classes; a class whose references lead to another one waits for it."""
        waiting = [(model, number) for model in self.models for number in range(INSTANCES)]
        for _ in range(len(self.models) + 1):
            refused = []
            for model, number in waiting:
                if not await self.create(model, number):
                    refused.append((model, number))
            if len(refused) == len(waiting):
                break
            waiting = refused
        for model, number in waiting:
            await self.send("POST", model, body=self.body(model, number), allowed=(201,))

    def body(self, model: type, number: int) -> dict[str, Any]:
        made = {key: self.value(known, number + 1) for key, known in self.settable(model)}
        fields = self.hives[model].resource.schema.fields.values()
        needed = {part for known in fields if known.required for part in known.stored_in}
        optional = [key for key, known in self.settable(model) if needed.isdisjoint(known.stored_in)]
        left_out = optional if number == 2 else []
        return {key: value for key, value in made.items() if value is not None and key not in left_out}

    def value(self, known: Field, number: int) -> Any:
        """Return a value that a field takes. A foreign key takes the key of an instance."""
        if known.name in self.given:
            return self.given[known.name](number)
        if (model := known.referred) is not None:
            return sample(Reference(lambda: model, lambda: known.type), number, self.keys)
        return sample(known.type, number, self.keys)

    async def create(self, model: type, number: int) -> bool:
        body = self.body(model, number)
        reply = await self.send("POST", model, body=body, allowed=(201, 400))
        if reply.status != 201:
            return reply.status != 400
        key = reply.json["id"]
        self.keys[model].append(key)
        for name, value in body.items():
            if name in reply.json and not same(value, reply.json[name]):
                self.note("POST", model.__name__, name, value, "is shown as", reply.json.get(name))
        return True

    async def read(self, model: type, key: str) -> None:
        got = await self.send("GET", model, key, allowed=(200,))
        if got.status != 200:
            return
        stored = await self.own(model, key)
        for name, value in (stored or {}).items():
            public = self.hives[model].resource.schema.public_name(name)
            if public in got.json and not same(plain(value), got.json[public]):
                self.note("GET", model.__name__, name, "shows", got.json[public], "and the ORM has", value)
        for name, known in self.hives[model].resource.schema.readable:
            value = got.json.get(name)
            if known.filterable and "eq" in known.type.operators and isinstance(value, (str, int, float)):
                asked = json.dumps(value) if isinstance(value, bool) else value
                found = await self.send("GET", model, query=urlencode({name: asked, "per_page": 100}), allowed=(200,))
                if found.status == 200 and key not in [one["id"] for one in found.json]:
                    self.note("GET", model.__name__, f"?{name}={value}", "does not find", key)

    async def change(self, model: type, key: str) -> None:
        got = await self.send("GET", model, key, allowed=(200,))
        again = await self.send("PUT", model, key, body=self.as_sent(model, got.json), allowed=(200,))
        if again.status == 200 and (again.json, again.headers["ETag"]) != (got.json, got.headers["ETag"]):
            self.note("PUT of GET", model.__name__, "changed", got.json, "to", again.json)
        schema = self.hives[model].resource.schema
        for name, known in self.settable(model, "updatable"):
            if {*known.stored_in} & {*schema.fields[str(schema.pk)].stored_in}:
                continue  # a part of the primary key never changes
            value = self.value(known, len(self.keys[model]) + 7)
            if value is None:
                continue
            reply = await self.send("PATCH", model, key, body={name: value}, allowed=(200, 409))
            shown = reply.json.get(name, value) if reply.status == 200 else value
            if not (isinstance(known.type, (Embedded, Json, Map)) or same(value, shown)):
                self.note("PATCH", model.__name__, name, value, "is shown as", shown)
            await self.send("PATCH", model, key, body={name: got.json.get(name)}, allowed=(200, 400, 409))
        for name, known in self.settable(model, "updatable"):
            if known.nullable:
                await self.send("PATCH", model, key, body={name: None}, allowed=(200, 400))

    def as_sent(self, model: type, shown: dict[str, Any]) -> dict[str, Any]:
        """Return a representation without the relations that no body may have."""
        elsewhere = {key for key, known in self.hives[model].resource.schema.readable if known.holder is not None}
        return {key: value for key, value in shown.items() if key not in elsewhere}

    async def walk(self, model: type) -> None:
        keys = sorted(key for kind in self.models if issubclass(kind, model) for key in self.keys[kind])
        for name, known in self.hives[model].resource.schema.readable:
            if not (known.filterable and known.type.sortable) or isinstance(known.type, List):
                continue
            for sort in (name, f"-{name}"):
                seen, query = [], f"sort={sort}&per_page=1&fields=id"
                for _ in range(len(keys) + 2):
                    page = await self.send("GET", model, query=query, allowed=(200,))
                    if page.status != 200:
                        break
                    seen += [one["id"] for one in page.json]
                    links = [one for one in page.headers.get("Link", "").split(", ") if 'rel="next"' in one]
                    if not links:
                        break
                    query = links[0].partition("?")[2].partition(">")[0]
                if sorted(seen) != keys:
                    self.note("walk", model.__name__, sort, "meets", seen, "of", keys)

    async def send_wrong(self, model: type) -> None:
        everything = (200, 201, 204, 400, 404, 405, 409)
        for name, _ in self.hives[model].resource.schema.readable:
            for value in WRONG:
                for key in self.keys[model][:1]:
                    await self.send("PATCH", model, key, body={name: value}, allowed=everything)
                await self.send("GET", model, query=urlencode({name: value}), allowed=everything)
                await self.send("GET", model, query=urlencode({f"{name}__gt": value}), allowed=everything)
        await self.send("POST", model, body={}, allowed=everything)


def plain(value: Any) -> Any:
    """Return an attribute of an instance as JSON, without bzz's own code."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def same(one: Any, shown: Any) -> bool:
    """Tell whether two JSON values mean the same; numbers may be text, and what JSON cannot say is text."""
    if isinstance(one, bool) or one is None or one == shown:
        return bool(one == shown)
    if isinstance(one, dict) and isinstance(shown, dict):
        return all(same(value, shown.get(key)) for key, value in one.items())
    if isinstance(one, list) and isinstance(shown, list):
        return len(one) == len(shown) and all(map(same, one, shown))
    with suppress(ArithmeticError):
        return Decimal(str(one)) == Decimal(str(shown))
    if isinstance(one, str):
        return isinstance(shown, str) and one.strip() == shown
    return not isinstance(one, (dict, list, int, float, Decimal)) and shown is not None
