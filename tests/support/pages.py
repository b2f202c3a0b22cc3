"""The pages of the documentation as tests use them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.support.client import Api, Browser, serve

DOCS = Path(__file__).parent.parent.parent / "docs"


def run(page: str, fence: str = "python") -> dict[str, Any]:
    """Run the Python blocks of a page, one after the other, and return the names that they define."""
    path = DOCS / page
    names: dict[str, Any] = {"__name__": path.stem}
    for block in re.findall(rf"^```{fence}\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, str(path), "exec", dont_inherit=True), names)  # noqa: S102  # our own documentation
    return names


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
