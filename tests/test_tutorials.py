"""README, first page and tutorials answer as they show, with the real programs and the real curl."""

from __future__ import annotations

import shutil
from pathlib import Path

import mongoengine
import pytest

from tests.support.client import serve
from tests.support.pages import ROOT, blocks, follow, patched, replay, running

Output = pytest.CaptureFixture[str]
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="the pages ask with curl")


@needs_curl
@pytest.mark.parametrize("number", [None, 1, 2], ids=["mongomock", "memory", "sqlalchemy"])
async def test_the_program_of_the_readme_answers_as_shown_with_each_store(
    io_loop: object,
    number: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)  # where the SQLite file goes
    found = blocks(ROOT / "README.md")
    program = next(block for language, block in found if language == "python")
    if number is not None:
        program = patched(program, [block for language, block in found if language == "diff"][number])
    async with running(program) as (names, url):
        await replay(next(block for _, block in found if "curl" in block), url, {}, tmp_path)
    assert "Welcome, Ada!" in capsys.readouterr().out
    if "engine" in names:
        names["engine"].dispose()


def test_the_program_of_the_readme_loses_one_argument_and_its_import_for_a_real_mongodb() -> None:
    found = blocks(ROOT / "README.md")
    program = next(block for language, block in found if language == "python")
    real = patched(program, next(block for language, block in found if language == "diff"))
    assert len(program.splitlines()) - len(real.splitlines()) == 2
    assert "mongomock" not in real


@needs_curl
async def test_the_first_page_answers_as_shown(io_loop: object, tmp_path: Path, capsys: Output) -> None:
    found = blocks(ROOT / "docs" / "index.md")
    async with running(next(block for language, block in found if language == "python")) as (_, url):
        await replay(next(block for _, block in found if "curl" in block), url, {}, tmp_path)
    assert capsys.readouterr().out == "Welcome, Ada Lovelace!\n"


@needs_curl
@pytest.mark.usefixtures("mongodb")
async def test_the_tutorial_with_mongodb_answers_as_shown(io_loop: object, tmp_path: Path) -> None:
    page = ROOT / "docs" / "start" / "tutorial.md"
    names = await follow(page, serve, lambda _: mongoengine.get_connection().drop_database("bzz_test"), tmp_path)
    assert names["announced"] == ["Flatland"]
    assert [fields for _, fields in names["audit"]] == [{"year": {"from": 1884, "to": 1984}}]


@needs_curl
async def test_the_tutorial_with_sql_answers_as_shown(
    io_loop: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the SQLite file goes
    page = ROOT / "docs" / "start" / "tutorial-sql.md"
    names = await follow(page, serve, lambda names: names["Base"].metadata.create_all(names["engine"]), tmp_path)
    await names["create_tables"]()
    book = await names["hive"].create({"title": "Sphereland"})
    assert (book.title, names["announced"]) == ("Sphereland", ["Flatland", "Sphereland"])
    names["engine"].dispose()
    await names["async_engine"].dispose()
