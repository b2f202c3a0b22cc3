"""The embedded store of the example: it outlives kills, and loses nothing that it has acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pymongo
import pytest

from example_app.store import EmbeddedStore
from tests.support.pages import ROOT


def stored(uri: str) -> list[int]:
    with pymongo.MongoClient[dict[str, int]](uri) as client:
        return sorted(found["n"] for found in client.test.numbers.find())


def test_a_store_that_is_killed_starts_again_at_its_address_with_all_that_it_acknowledged(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path) as store, pymongo.MongoClient[dict[str, int]](store.uri) as client:
        for number in range(20):
            client.test.numbers.insert_one({"n": number})
        killed = store.process
        killed.kill()
        assert stored(store.uri) == [*range(20)]
        assert store.process.pid != killed.pid
    assert store.process.returncode == 0


def test_a_store_starts_at_once_after_the_process_that_had_it_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys, pymongo; from pathlib import Path; from example_app.store import EmbeddedStore\n"
        "with EmbeddedStore(Path(sys.argv[1])) as store:\n"
        "    pymongo.MongoClient(store.uri).test.numbers.insert_one({'n': 1}); print('stored', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(  # noqa: S603  # a program of ours
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "stored\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with EmbeddedStore(tmp_path) as store:
            assert stored(store.uri) == [1]


def test_two_stores_cannot_have_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("example_app.store.SECONDS_TO_WAIT", 0)
    with EmbeddedStore(tmp_path), pytest.raises(RuntimeError, match="Another process uses it"), EmbeddedStore(tmp_path):
        pass
