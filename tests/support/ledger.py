"""A provider of dataclasses in SQLite, whose units of work are transactions that belong to a thread."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from bzz.exceptions import Conflict, NotFound, Unavailable
from bzz.providers import (
    ActState,
    Address,
    Change,
    Listing,
    Query,
    Schema,
    Stored,
    ThreadedProvider,
    ThreadUnit,
    Values,
    all_hold,
    sort_key,
)
from bzz.providers.memory import instances
from bzz.providers.memory.schemas import SCHEMAS

P = ParamSpec("P")
T = TypeVar("T")

TABLES = """
CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, held TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL);
"""


@dataclass
class Entry:
    id: int
    text: str = ""


class LedgerProvider(ThreadedProvider):
    """Keeps entries as JSON. ``check_same_thread`` of a connection is True, as it is by default."""

    def __init__(self, path: Path, *, timeout: float = 5.0, threads: int = 4) -> None:
        super().__init__(timeout=timeout, threads=threads)
        self.path = path
        self.threads_of: list[tuple[str, int]] = []
        with sqlite3.connect(path) as connection:
            connection.executescript(TABLES)
        connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.note("open")
        connection = sqlite3.connect(self.path, timeout=self.timeout, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
        except sqlite3.OperationalError as error:
            raise Unavailable("The ledger is locked.") from error
        finally:
            self.note("close")
            connection.close()  # rolls back unless it is committed

    def note(self, name: str) -> None:
        self.threads_of.append((name, threading.get_ident()))

    async def begin(self, state: ActState) -> ThreadUnit[sqlite3.Connection]:
        return await self.open_thread(self.transaction)

    async def end(self, unit: ThreadUnit[sqlite3.Connection]) -> None:
        await unit.close()

    def describe(self, model: type) -> Schema:
        return SCHEMAS.stored(model)

    def values(self, schema: Schema, instance: Any) -> Values:
        return instances.values(schema, instance)

    async def get(self, address: Address, *, state: ActState, **options: Any) -> Stored:
        return await _read(state, self._get, address)

    async def list(self, schema: Schema, query: Query, *, state: ActState, **options: Any) -> Listing:
        return await _read(state, self._list, schema, query)

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        return await _write(state, self._create, schema, data)

    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        return await _write(state, self._update, address, change)

    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, loaded: Stored | None, state: ActState
    ) -> Stored:
        return await _write(state, self._delete, address, check)

    def _get(self, connection: sqlite3.Connection, address: Address) -> Stored:
        self.note("get")
        found = connection.execute("SELECT held FROM rows WHERE id = ?", [address.key]).fetchone()
        if found is None:
            raise NotFound("There is no such entry.")
        return self.stored(address.schema, Entry(**json.loads(found[0])))

    def _list(self, connection: sqlite3.Connection, schema: Schema, query: Query) -> Listing:
        self.note("list")
        rows = [Entry(**json.loads(held)) for (held,) in connection.execute("SELECT held FROM rows")]
        found = [row for row in rows if all_hold(query.where)(self.values(schema, row))]
        for name, descending in reversed(query.order(schema)):
            found.sort(key=lambda row, name=name: sort_key(getattr(row, name)), reverse=descending)  # type: ignore[misc]
        page = found[query.skip : query.skip + query.per_page]
        return Listing([self.stored(schema, row) for row in page], len(found) > query.skip + len(page))

    def _create(self, connection: sqlite3.Connection, schema: Schema, data: Values) -> Stored:
        self.note("create")
        entry = instances.build(schema, data)
        try:
            connection.execute("INSERT INTO rows VALUES (?, ?)", [entry.id, json.dumps(vars(entry))])
        except sqlite3.IntegrityError as error:
            raise Conflict("The id is taken.", errors={"id": ["is taken"]}) from error
        connection.execute("COMMIT")
        return self.stored(schema, entry)

    def _update(self, connection: sqlite3.Connection, address: Address, change: Change) -> Stored:
        self.note("update")
        old = self._get(connection, address)
        entry = instances.build(address.schema, change(old.values))
        connection.execute("UPDATE rows SET held = ? WHERE id = ?", [json.dumps(vars(entry)), entry.id])
        connection.execute("COMMIT")
        return replace(self.stored(address.schema, entry), previous=old.values)

    def _delete(
        self, connection: sqlite3.Connection, address: Address, check: Callable[[Values], None] | None
    ) -> Stored:
        self.note("delete")
        old = self._get(connection, address)
        if check is not None:
            check(old.values)
        connection.execute("DELETE FROM rows WHERE id = ?", [address.key])
        connection.execute("COMMIT")
        return old


async def _read(
    state: ActState, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    unit: ThreadUnit[sqlite3.Connection] = state.unit
    return await unit.read(function, unit.opened, *args, **kwargs)


async def _write(
    state: ActState, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    unit: ThreadUnit[sqlite3.Connection] = state.unit
    return await unit.write(function, unit.opened, *args, **kwargs)
