"""Pages of the documentation, followed as a reader follows them: programs pasted, changed by diffs, asked by curl."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tornado.testing

Names = dict[str, Any]
ROOT = Path(__file__).parent.parent.parent
LOCAL = re.compile(r"localhost:80\d\d")  # where the programs of the pages listen
ID = re.compile(r'"id": ?"([0-9a-f]{24,32})"')  # an identifier that a store has made


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page, each with its language."""
    return re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def define(block: str, page: Path, names: Names) -> None:
    """Run a Python block of a page in the namespace ``names``."""
    exec(compile(block, str(page), "exec", dont_inherit=True), names)  # noqa: S102  # our own documentation


def run(page: Path) -> Names:
    """Run the Python blocks of a page, one after the other, and return the names they define."""
    names: Names = {"__name__": page.stem}
    for language, block in blocks(page):
        if language == "python":
            define(block, page, names)
    return names


def patched(program: str, diff: str) -> str:
    """Return a program with the changes of a diff; a line ``@@`` separates them."""
    for change in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = [line if line.strip() else f" {line}" for line in change.splitlines(keepends=True)]
        old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
        assert program.count(old) == 1, f"lines that are not in the program, or twice:\n{old}"
        program = program.replace(old, new)
    return program


def replies(transcript: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a transcript that begins with curl, and the reply that is shown below it."""
    for command, shown in re.findall(r"^\$ (curl .*(?:(?<=\\)\n.*)*)\n((?:(?!\$ ).*\n?)*)", transcript, re.MULTILINE):
        yield command, shown.strip()


async def replay(transcript: str, url: str, known: dict[str, str], cwd: Path) -> None:
    """Run the curl commands of a transcript against ``url``, and compare each reply with the one shown.

    Args:
        transcript: commands after ``$``, each with its reply; ``...`` stands for any text.
        url: in the place of the address that the transcript has.
        known: identifiers that the transcript shows, each with the one that the store has made; it grows.
        cwd: where curl keeps cookies.
    """
    for command, shown in replies(transcript):
        asked = LOCAL.sub(url.removeprefix("http://"), command)
        for sample, made in known.items():
            asked = asked.replace(sample, made)
        asked = asked.replace("curl ", "curl --silent --show-error ", 1)
        process = await asyncio.create_subprocess_shell(asked, stdout=asyncio.subprocess.PIPE, cwd=cwd)
        output = (await process.communicate())[0].decode().replace("\r", "").strip()
        assert process.returncode == 0, command
        samples = [sample for sample in ID.findall(shown) if sample not in known]
        known |= dict(zip(samples, re.findall(r'"id":"([^"]+)"', output), strict=False))
        for sample, made in known.items():
            shown = shown.replace(sample, made)  # noqa: PLW2901
        assert is_shown(output, shown), f"{command}\n{output}"


def is_shown(output: str, shown: str) -> bool:
    """Tell whether a reply is the one that a page shows; the order of a JSON object's names does not matter."""
    try:
        return bool(json.loads(output) == json.loads(shown))
    except ValueError:
        return bool(re.fullmatch(re.escape(shown).replace(r"\.\.\.", ".*"), output, re.DOTALL))


@asynccontextmanager
async def running(program: str) -> AsyncIterator[tuple[Names, str]]:
    """Run the ``main`` of a program that listens on port 8000; yield its names and its URL."""
    socket, port = tornado.testing.bind_unused_port()
    socket.close()
    names: Names = {"__name__": "program"}
    exec(compile(program.replace("8000", str(port)), "program", "exec", dont_inherit=True), names)  # noqa: S102
    task = asyncio.ensure_future(names["main"]())
    await asyncio.sleep(0)  # it listens before it waits
    try:
        yield names, f"http://127.0.0.1:{port}"
    finally:
        task.cancel()


async def follow(page: Path, serve: Callable[[Any], str], restart: Callable[[Names], None], cwd: Path) -> Names:
    """Run the Python blocks of a page and replay its transcripts, from top to bottom; return the names it defines.

    Args:
        page: which defines ``app``.
        serve: serves an application and returns its URL.
        restart: is called with the names before a transcript that comes after Python blocks.
        cwd: where curl keeps cookies.
    """
    names: Names = {"__name__": page.stem}
    known: dict[str, str] = {}
    is_changed = False
    for language, block in blocks(page):
        if language == "python":
            define(block, page, names)
            is_changed = True
        elif language == "console" and [*replies(block)]:
            if is_changed:
                restart(names)
            is_changed = False
            await replay(block, serve(names["app"]), known, cwd)
    return names
