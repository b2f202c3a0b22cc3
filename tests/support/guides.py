"""The guides of the documentation as tests use them: their blocks, their tables, and users of their applications."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from tests.support.client import Api, Browser, serve
from tests.support.pages import ROOT, Names, blocks, define

DOCS = ROOT / "docs"


def run(page: str, language: str = "python") -> Names:
    """Run the blocks of a page in ``language``, one after the other, and return the names that they define."""
    path = DOCS / page
    names: Names = {"__name__": path.stem}
    for found, block in blocks(path):
        if found == language:
            define(block, path, names)
    return names


async def dispose(engine: Any) -> None:
    """Dispose of an engine of a guide, and wait until the threads of aiosqlite, which call the loop, have ended."""
    await engine.dispose()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


def rows(page: str, head: str) -> list[list[str]]:
    """Return the cells of the table whose head begins with ``head``, row by row."""
    lines = iter((DOCS / page).read_text().splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


async def signed_in(app: Any, emails: dict[str, str], api: Api) -> list[Browser]:
    at = Api(app, api.client, serve(app))
    browsers = []
    for name, email in emails.items():
        browsers.append(Browser(at, "/api"))
        if email:
            await browsers[-1].sign_in(id=name, email=email)
    return browsers
