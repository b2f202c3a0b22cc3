"""The pages about deployment, tables and questions are right: their programs do what the pages say."""

from __future__ import annotations

import os
import re
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import tornado.web
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

import bzz
from bzz.auth import MockProvider
from bzz.testing import served
from bzz.testing.client import Client

DOCS = Path(__file__).parent.parent / "docs"
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
AS_THIRD_FILE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execv(sys.executable, [sys.executable, "server.py", "0"])
"""


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def defined(*programs: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "page"}
    for program in programs:
        exec(compile(program, "page", "exec", dont_inherit=True), names)  # noqa: S102  # our own documentation
    return names


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_the_program_of_deployment_answers_an_open_request_before_it_stops(tmp_path: Path) -> None:
    application, process, *_ = blocks("guides/deployment.md")
    (tmp_path / "server.py").write_text(application + process)
    url = f"sqlite:///{tmp_path}/books.db"
    engine = sa.create_engine(url)
    defined(application)["Base"].metadata.create_all(engine)
    engine.dispose()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = subprocess.Popen(  # noqa: S603  # our own documentation
            [sys.executable, "-c", AS_THIRD_FILE, str(listening.fileno())],
            cwd=tmp_path,
            env=os.environ | {"DATABASE_URL": url.replace("sqlite:", "sqlite+aiosqlite:"), "LISTEN_FDS": "1"},
            pass_fds=[listening.fileno()],
            stderr=subprocess.DEVNULL,
        )
        address = listening.getsockname()
        with socket.create_connection(address, timeout=30) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b'{"status":"ok"}' in read(client)
        with socket.create_connection(address, timeout=30) as client:
            client.sendall(
                b"POST /api/book HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 12\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
            )
            assert client.recv(1000).startswith(b"HTTP/1.1 100")
            running.send_signal(signal.SIGTERM)
            client.sendall(b"title=Sylvie")
            assert read(client).startswith(b"HTTP/1.1 201")
        assert running.wait(30) == 0


def read(client: socket.socket) -> bytes:
    """Return all that a server sends until it closes the connection."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


async def test_a_session_that_ends_at_one_process_has_ended_at_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = defined(*blocks("guides/deployment.md"))
    monkeypatch.setenv("SECRET_KEYS", f"{KEY} {KEY[::-1]}")
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/sessions.db")
    async with engine.begin() as connection:
        await connection.run_sync(page["Base"].metadata.create_all)
    apps = [tornado.web.Application(bzz.AuthHive.routes_for([MockProvider])) for _ in range(2)]
    for app in apps:
        page["configure"](app, async_sessionmaker(engine))
    async with served(apps[0]) as one, served(apps[1]) as other:
        reply = await one("POST", "/auth/signin/", json_body={"provider": "mock", "access_token": "x"})
        cookie = {"Cookie": reply.headers["Set-Cookie"].partition(";")[0]}
        assert (await other("GET", "/auth/me/", headers=cookie)).json["authenticated"]
        await one("POST", "/auth/signout/", body=b"", headers=cookie)
        assert not (await other("GET", "/auth/me/", headers=cookie)).json["authenticated"]
        async with engine.begin() as connection:
            await connection.run_sync(page["Base"].metadata.drop_all)
        assert (await other("GET", "/auth/me/", headers=cookie)).status == 503
    await engine.dispose()


@asynccontextmanager
async def first_example_of_sqlalchemy() -> AsyncIterator[Client]:
    page = defined(*blocks("providers/sqlalchemy.md"))
    await page["make_tables"]()
    async with served(page["app"]) as client:
        yield client
    await page["engine"].dispose()


async def test_the_first_example_of_sqlalchemy_answers_as_its_page_shows() -> None:
    async with first_example_of_sqlalchemy() as client:
        assert (await client("POST", "/author", form={"name": "Ada"})).json == {"id": "1", "name": "Ada"}
        book = {"id": "1", "title": "Notes", "published": None, "author": "1"}
        assert (await client("POST", "/book", form={"title": "Notes", "author": "1"})).json == book
        assert (await client("GET", "/author/1?fields=name,books")).json == {"name": "Ada", "books": ["1"]}
        assert (await client("PUT", "/book/1", json_body={"title": "More"})).status == 200


async def test_a_version_an_endpoint_and_a_soft_delete_work_as_the_answers_say() -> None:
    versions, endpoint, soft_delete = blocks("guides/faq.md")
    page = defined(versions, endpoint)
    async with served(page["app"]) as client:
        pen = (await client("POST", "/v1/pen", json_body={"name": "Nib"})).json
        assert pen == {"name": "Nib", "id": pen["id"]}
        assert (await client("POST", f"/v2/pen/{pen['id']}/refill", body=b"")).json == {"ink": "green"}
        assert (await client("GET", f"/v2/pen/{pen['id']}")).json["ink"] == "green"
    page = defined(versions, soft_delete)
    async with served(page["app"]) as client:
        book = f"/api/book/{(await client('POST', '/api/book', json_body={'title': 'x'})).json['id']}"
        assert [(await client(method, book)).status for method in ("DELETE", "GET", "DELETE")] == [204, 404, 404]
        assert (await client("GET", "/api/book")).json == []


def test_a_search_ranks_headings_before_texts_and_entries_of_the_index_first() -> None:
    pytest.importorskip("sphinx")
    from sphinx.search.en import SearchEnglish  # noqa: PLC0415  # of the extra docs

    names = runpy.run_path(str(DOCS / "search_check.py"))
    index = {
        "docnames": ["cors", "files", "pages"],
        "titles": ["CORS", "Files", "Pagination"],
        "alltitles": {"CORS": [[0, None]], "Files": [[1, None]], "Pagination": [[2, None]]},
        "indexentries": {"upload": [[1, "files", True]]},
        "objects": {},
        "objnames": {},
        "terms": {"pagin": 0, "upload": [0, 2]},
        "titleterms": {"cor": 0, "file": 1, "pagin": 2},
    }
    search = names["Search"](index, SearchEnglish({}))
    assert search.pages("pagination") == ["pages", "cors"]
    assert search.pages("upload")[0] == "files"
    assert search.pages("throttling") == []


def test_each_question_has_words_to_search_for() -> None:
    pytest.importorskip("sphinx")
    questions = runpy.run_path(str(DOCS / "search_check.py"))["read"](DOCS)
    assert len(questions) >= 30
    assert all(question["asks"].endswith("?") for question in questions)
    assert all(question["searches"] + question.get("synonyms", []) for question in questions)
