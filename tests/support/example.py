"""The example application as a process, and a browser at it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tornado.httpclient

ROOT = Path(__file__).parents[2]
SECONDS_TO_END = 20


@contextmanager
def running(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start the application; yield its URL and process, and interrupt it at the end as Ctrl-C does."""
    command = [sys.executable, "-m", "example_app", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield found[0].rstrip("/"), process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS_TO_END)


class Browser:
    """Requests, and a stream of events."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._client = tornado.httpclient.AsyncHTTPClient(force_instance=True)
        self._open: asyncio.Event = asyncio.Event()
        self.received = 0

    async def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tornado.httpclient.HTTPResponse:
        return await self._client.fetch(
            self.url + path,
            method=method,
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"} | headers,
            raise_error=False,
        )

    async def listen(self, **headers: str) -> asyncio.Future[Any]:
        """Open the stream of signals; the result is done when it ends."""
        rest = ""

        def receive(chunk: bytes) -> None:
            nonlocal rest
            self._open.set()
            self.received += len(chunk)
            *blocks, rest = (rest + chunk.decode()).split("\n\n")
            for block in blocks:
                fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                if "data" in fields:
                    self.events.put_nowait(json.loads(fields["data"]) | {"id": fields["id"]})

        stream = asyncio.ensure_future(
            self._client.fetch(self.url + "/signals", streaming_callback=receive, headers=headers, request_timeout=60)
        )
        await self._open.wait()
        return stream


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the application until it ends by itself."""
    command = [sys.executable, "-m", "example_app", "--port", "0", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
