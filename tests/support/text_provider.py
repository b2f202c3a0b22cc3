"""An asynchronous provider of dataclasses in a store that can little, as the documentation tells to write one."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from dataclasses import Field as Declared
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import bzz
from bzz.exceptions import BadRequest, Conflict, Invalid, NotFound, Unavailable
from bzz.providers import (
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    NO_INSTANCE,
    STRING,
    TIME,
    UUID_,
    ActState,
    Address,
    Capabilities,
    Change,
    Condition,
    DataType,
    Embedded,
    Field,
    List,
    Listing,
    Provider,
    Query,
    Reference,
    Schema,
    Stored,
    Undefer,
    Values,
    all_hold,
    enumeration,
    make_schema,
    visible,
)
from tests.support.texts import AT_ONCE, Row, Texts

TYPES: dict[Any, DataType] = {str: STRING, int: INTEGER, float: FLOAT, bool: BOOLEAN, bytes: BYTES, Any: JSON}
TYPES |= {Decimal: DECIMAL, date: DATE, datetime: DATETIME, time: TIME, UUID: UUID_}
T = TypeVar("T")
SECRET = b"0123456789abcdef0123456789abcdef"


class TextProvider(Provider):
    """Keeps dataclasses as JSON. Their primary key is their field ``id``, or else their first field."""

    capabilities = Capabilities(count=False, page=False, sort=False, token=True, keys=AT_ONCE, unique=False)

    def __init__(self, texts: Texts, *, timeout: float = 5.0) -> None:
        super().__init__(timeout=timeout)
        self.texts = texts

    def describe(self, model: type) -> Schema:
        names = [one.name for one in fields(model)]
        return self.schema(model, pk="id" if "id" in names else names[0])

    def schema(self, model: Any, pk: str | None = None) -> Schema:
        hints = get_type_hints(model)
        known = {one.name: self.field(one, hints[one.name], is_key=one.name == pk) for one in fields(model)}
        return make_schema(model, known, pk=pk, id_field="id" if "id" in known else None, target_name="texts")

    def field(self, one: Declared[Any], hint: Any, *, is_key: bool) -> Field:
        kind, is_needed = self.type_of(hint, one.metadata.get("reference")), not has_default(one)
        return Field(
            one.name,
            kind,
            insertable=is_needed or not is_key,
            updatable=not is_key,
            required=is_needed,
            nullable=one.default is None,
        )

    def type_of(self, hint: Any, other: Any) -> DataType:
        parts = [part for part in get_args(hint) if part is not NoneType]
        if parts:
            inner = self.type_of(parts[0], other)
            return List(inner) if get_origin(hint) is list else inner
        if other:
            return Reference(lambda: other, lambda: self.describe(other).fields["id"].type)
        if is_dataclass(hint):
            return Embedded(lambda: self.schema(hint))
        return {**TYPES, **self.types}.get(hint) or enumeration(hint)

    def values(self, schema: Schema, instance: Any) -> Values:
        return {name: plain(getattr(instance, name)) for name in schema.fields.keys() - schema.deferred}

    async def get(self, address: Address, *, state: ActState, needs_instances: bool) -> Stored:
        return await self.reach(self.find(address, state))

    async def list(self, schema: Schema, query: Query, *, state: ActState, needs_instances: bool) -> Listing:
        return await self.reach(self.page(schema, query, state))

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        return await self.reach(self.insert(schema, data), is_write=True)

    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        return await self.reach(self.alter(address, change, loaded, state), is_write=True)

    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, loaded: Stored | None, state: ActState
    ) -> Stored:
        return await self.reach(self.remove(address, check, state), is_write=True)

    async def reach(self, operation: Coroutine[Any, Any, T], *, is_write: bool = False) -> T:
        try:
            return await self.in_time(operation, is_write=is_write)
        except ConnectionError as error:
            raise Unavailable("The store cannot be reached.") from error

    async def find(self, address: Address, state: ActState) -> Stored:
        where, asking = [Condition(address.field, "eq", address.key)], (state.handler, address.id)
        async for rows in self.rows(address.schema, where, ""):
            for stored in await bzz.in_pool(self.seen, address.schema, rows, where, address.undefer, asking):
                return stored
        raise NotFound(NO_INSTANCE)

    async def page(self, schema: Schema, query: Query, state: ActState) -> Listing:
        items: list[Stored] = []
        asking = None if query.hidden else (state.handler,)
        async for rows in self.rows(schema, query.where, key_in(schema, query.token)):
            items += await bzz.in_pool(self.seen, schema, rows, query.where, query.undefer, asking)
            if len(items) > query.per_page:
                last = items[query.per_page - 1]
                return Listing(items[: query.per_page], True, token=signed(last.origin[0]))
        return Listing(items, False)

    async def rows(self, schema: Schema, where: Sequence[Condition], after: str) -> AsyncIterator[Sequence[Row]]:
        """Yield at most 100 rows at once, among them all that meet the conditions and come after a key."""
        for one in where:
            if one.field == schema.pk and one.operator in ("eq", "in"):
                keys = one.value if one.operator == "in" else [one.value]
                found = await self.texts.read({key_of(schema, key) for key in keys})
                yield sorted(row for row in found if row[0] > after)
                return
        while rows := await self.texts.scan(key_of(schema, ""), after):
            yield rows
            after = rows[-1][0]

    async def insert(self, schema: Schema, data: Values) -> Stored:
        instance, text = await bzz.in_pool(self.made, schema, data)
        if not await self.texts.write(key_of(schema, getattr(instance, str(schema.pk))), 0, text):
            raise Conflict("The key is taken.", errors={str(schema.pk): ["is taken"]})
        return self.stored(schema, instance)

    async def alter(self, address: Address, change: Change, loaded: Stored | None, state: ActState) -> Stored:
        while True:
            key, version, held = (loaded or await self.find(address, state)).origin
            old, instance, text = await bzz.in_pool(self.changed, address, held, change)
            if await self.texts.write(key, version, text):
                return replace(self.stored(address.schema, instance), previous=old)
            loaded = None  # another request wrote in between

    async def remove(self, address: Address, check: Callable[[Values], None] | None, state: ActState) -> Stored:
        while True:
            stored = await self.find(address, state)
            if check is not None:
                await bzz.in_pool(check, stored.values)
            key, version, _ = stored.origin
            if await self.texts.write(key, version, None):
                return stored

    # The methods below run code of the model. They run in threads.

    def seen(
        self, schema: Schema, rows: Sequence[Row], where: Sequence[Condition], undefer: Undefer, asking: Any
    ) -> Sequence[Stored]:
        """Return the instances in rows that meet all conditions, and that a request may see if ``asking`` is given."""
        instances = [self.build(schema, decoded(self.describe(schema.model), row[2])) for row in rows]
        if asking is not None:
            instances = [*visible(schema, instances, *asking)]
        items, origins = [self.stored(schema, one, undefer) for one in instances], {row[0]: row for row in rows}
        items = [one for one in items if all_hold(where)(one.values)]
        return [replace(one, origin=origins[key_of(schema, one.values[str(schema.pk)])]) for one in items]

    def made(self, schema: Schema, data: Values) -> tuple[Any, str]:
        """Return a new instance and its text."""
        instance = self.build(schema, data)
        return instance, encoded(self.describe(schema.model), self.values(schema, instance))

    def changed(self, address: Address, text: str, change: Change) -> tuple[Values, Any, str]:
        """Return the values in a text, and the instance and the text with a change."""
        schema = address.schema
        instance = self.build(schema, decoded(self.describe(schema.model), text))
        held, old = self.values(schema, instance), self.stored(schema, instance, address.undefer).values
        changed = schema.changed(old, change(old))
        if schema.pk in changed:
            raise Invalid("The key of a stored instance cannot change.")
        return old, *self.made(schema, {**held, **changed})

    def build(self, schema: Schema, data: Values) -> Any:
        """Return a new instance. Null gives a field its default."""
        given = {name: part(self, schema.fields[name].type, value) for name, value in data.items() if value is not None}
        needed = [one.name for one in fields(schema.model) if not has_default(one)]
        if missing := {name: ["is required"] for name in needed if name not in given}:
            raise Invalid(errors=missing)
        return schema.model(**given)


def part(provider: TextProvider, kind: DataType, value: Any) -> Any:
    if isinstance(kind, List):
        return [part(provider, kind.item, one) for one in value]
    return provider.build(kind.schema, value) if isinstance(kind, Embedded) else value


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(one) for one in value]
    return {one.name: plain(getattr(value, one.name)) for one in fields(value)} if is_dataclass(value) else value


def has_default(one: Declared[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def encoded(schema: Schema, values: Values) -> str:
    return json.dumps(
        {name: None if one is None else schema.fields[name].type.dump(one) for name, one in values.items()}
    )


def decoded(schema: Schema, text: str) -> Values:
    held = json.loads(text).items()
    return {name: None if one is None else schema.fields[name].type.parse(one) for name, one in held}


def key_of(schema: Schema, key: Any) -> str:
    return f"{schema.model.__name__}/{key}"


def signed(key: str) -> str:
    return f"{hmac.new(SECRET, key.encode(), hashlib.sha256).hexdigest()}.{key}"


def key_in(schema: Schema, token: str | None) -> str:
    """Return the key in a token, or the empty text for the first page."""
    key = "" if token is None else token.partition(".")[2]
    if token is not None and not (token == signed(key) and key.startswith(key_of(schema, ""))):
        raise BadRequest("The cursor is of no list of this store; begin again without it.")
    return key
