"""Units of work with a thread of their own, behind a real server with a real SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
import tornado.web

import bzz
from bzz import signals
from bzz.exceptions import Unavailable
from bzz.providers import ActState, ThreadUnit
from tests.support.client import Api
from tests.support.ledger import Entry, LedgerProvider

Unit = ThreadUnit[sqlite3.Connection]
NOTE = "INSERT INTO notes VALUES (?)"


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerProvider:
    return LedgerProvider(tmp_path / "ledger.db")


@pytest.fixture
def entries(api: Api, ledger: LedgerProvider) -> Api:
    return api.mount(bzz.ModelHive.routes_for(ledger, Entry))


def notes(ledger: LedgerProvider) -> list[str]:
    connection = sqlite3.connect(ledger.path)
    try:
        return [text for (text,) in connection.execute("SELECT text FROM notes")]
    finally:
        connection.close()


async def test_all_calls_of_an_act_run_in_the_thread_of_its_unit(entries: Api, ledger: LedgerProvider) -> None:
    @signals.pre_update_instance.connect_via(Entry)
    def load(sender: type, instance: Entry) -> None:
        """The instance is loaded before the write."""

    assert await entries.create("/entry", id=1, text="a") == {"id": "1", "text": "a"}
    changed = await entries("PATCH", "/entry/1", json_body={"text": "b"})
    assert (changed.status, changed.json["text"]) == (200, "b")
    assert [row["text"] for row in (await entries("GET", "/entry")).json] == ["b"]
    assert (await entries("GET", "/entry/1")).json == changed.json
    assert (await entries("DELETE", "/entry/1")).status == 204
    acts = "".join("|" if name == "close" else f" {name}" for name, _ in ledger.threads_of).split("|")
    assert acts == [" open create", " open get update get", " open list", " open get", " open delete get", ""]
    assert threading.get_ident() not in [ident for _, ident in ledger.threads_of]
    start = 0
    for act in acts[:-1]:
        end = start + len(act.split()) + 1
        assert len({ident for _, ident in ledger.threads_of[start:end]}) == 1
        start = end


async def test_a_receiver_writes_in_the_unit_and_a_refused_write_leaves_nothing(
    entries: Api, ledger: LedgerProvider
) -> None:
    @signals.pre_create_instance.connect_via(Entry)
    async def note(sender: type, data: dict[str, Any], unit: Unit) -> None:
        await unit.write(unit.opened.execute, NOTE, [data["text"]])
        if data["text"] == "refused":
            raise tornado.web.HTTPError(403)

    assert (await entries("POST", "/entry", json_body={"id": 1, "text": "refused"})).status == 403
    assert (notes(ledger), (await entries("GET", "/entry")).json) == ([], [])
    await entries.create("/entry", id=1, text="kept")
    assert (await entries("POST", "/entry", json_body={"id": 1, "text": "taken"})).status == 409
    assert (notes(ledger), (await entries("GET", "/entry")).json) == (["kept"], [{"id": "1", "text": "kept"}])


async def test_concurrent_acts_wait_for_each_other(entries: Api, ledger: LedgerProvider) -> None:
    await entries.create("/entry", id=1)

    async def add(number: int) -> int:
        return (await entries("POST", "/entry", json_body={"id": number})).status

    assert await asyncio.gather(*(add(number) for number in range(2, 10))) == [201] * 8
    assert len((await entries("GET", "/entry")).json) == 9
    assert len({ident for _, ident in ledger.threads_of}) <= ledger.threads


async def test_a_request_beyond_the_bound_is_a_503_and_the_next_is_served(api: Api, tmp_path: Path) -> None:
    ledger = LedgerProvider(tmp_path / "ledger.db", timeout=0.1, threads=1)
    api.mount(bzz.ModelHive.routes_for(ledger, Entry))
    unit = await ledger.begin(ActState())
    refused = await api("GET", "/entry")
    assert refused.status == 503
    with pytest.raises(Unavailable):
        await ledger.read(int)
    await ledger.end(unit)
    assert (await api("GET", "/entry")).status == 200
    assert await ledger.read(int) == 0


async def test_a_locked_store_is_a_503_and_frees_the_thread(api: Api, tmp_path: Path) -> None:
    ledger = LedgerProvider(tmp_path / "ledger.db", timeout=0.1, threads=1)
    api.mount(bzz.ModelHive.routes_for(ledger, Entry))
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert (await api("GET", "/entry")).status == 503
    other.close()
    assert (await api("GET", "/entry")).status == 200


PLACE: ContextVar[str] = ContextVar("place", default="none")


async def test_a_call_runs_in_the_context_of_its_caller(ledger: LedgerProvider) -> None:
    unit = await ledger.begin(ActState())
    PLACE.set("here")
    assert await unit.read(PLACE.get) == "here"
    await unit.write(PLACE.set, "there")
    assert PLACE.get() == "here"
    await ledger.end(unit)


async def test_the_error_of_a_call_is_raised_and_the_thread_goes_on(ledger: LedgerProvider) -> None:
    unit = await ledger.begin(ActState())
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await unit.read(unit.opened.execute, "SELECT 1 FROM nowhere")
    with pytest.raises(RuntimeError, match="StopIteration"):
        await unit.read(next, iter(()))
    assert (await unit.read(unit.opened.execute, "SELECT 1")) is not None
    await ledger.end(unit)


async def test_a_unit_that_is_closed_refuses_calls(ledger: LedgerProvider) -> None:
    unit = await ledger.begin(ActState())
    await ledger.end(unit)
    for call in (unit.read, unit.write):
        with pytest.raises(Unavailable, match="over"):
            await call(int)
    assert [name for name, _ in ledger.threads_of] == ["open", "close"]


async def test_a_late_call_runs_to_its_end_and_the_next_waits_for_it(ledger: LedgerProvider) -> None:
    unit, gate = await ledger.begin(ActState()), threading.Event()
    await unit.write(unit.opened.execute, NOTE, ["first"])
    ledger.timeout = 0.01

    def late() -> None:
        gate.wait(5)
        unit.opened.execute(NOTE, ["late"])

    with pytest.raises(Unavailable, match="may have happened"):
        await unit.write(late)
    with pytest.raises(Unavailable, match=r"in time\.$"):
        await unit.read(unit.opened.execute, NOTE, ["never begun"])
    ledger.timeout = 5
    next_call = asyncio.ensure_future(unit.read(unit.opened.execute, "SELECT 1"))
    await asyncio.sleep(0)
    assert not next_call.done()
    gate.set()
    await next_call
    await unit.write(unit.opened.execute, "COMMIT")
    await ledger.end(unit)
    assert notes(ledger) == ["first", "late"]


async def test_the_end_of_a_unit_waits_for_a_late_call_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bzz.concurrency.held_thread.GRACE", 0.01)
    ledger, gate = LedgerProvider(tmp_path / "ledger.db", threads=1), threading.Event()
    unit = await ledger.begin(ActState())
    await unit.write(unit.opened.execute, NOTE, ["gone"])
    ledger.timeout = 0.01
    with pytest.raises(Unavailable):
        await unit.read(gate.wait, 5)
    await ledger.end(unit)
    assert [name for name, _ in ledger.threads_of] == ["open"]
    gate.set()
    ledger.timeout = 5
    await ledger.end(await ledger.begin(ActState()))
    assert [name for name, _ in ledger.threads_of] == ["open", "close"] * 2
    assert notes(ledger) == []


async def test_the_provider_can_be_closed_and_used_again_while_units_are_open(ledger: LedgerProvider) -> None:
    unit = await ledger.begin(ActState())
    await ledger.close()
    await unit.write(unit.opened.execute, NOTE, ["x"])
    assert await ledger.read(int) == 0
    await unit.write(unit.opened.execute, "COMMIT")
    await ledger.end(unit)
    assert notes(ledger) == ["x"]
    await ledger.end(await ledger.begin(ActState()))
    await ledger.close()
