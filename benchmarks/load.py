"""A simple and fast client of a server.

It keeps its connections open. Each connection sends the next request when the last one is answered.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator

import orjson

CONNECTIONS = 32
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Failed(Exception):
    """A request got an unexpected reply."""


def request(method: str, path: str, body: object = None) -> bytes:
    """Return the bytes of a request.

    The request contains ``body`` as JSON, unless ``body`` is None.
    """
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body is None:
        return f"{head}\r\n".encode()
    encoded = orjson.dumps(body)
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(encoded)}\r\n\r\n".encode() + encoded


class Connection(asyncio.Protocol):
    """One connection to the server.

    Args:
        requests: the iterator from which the connection takes its requests.
        answered: a function that is called with the body of each reply.
    """

    def __init__(self, requests: Iterator[bytes], answered: Callable[[bytes], None]) -> None:
        self._requests, self._answered = requests, answered
        self._sent, self._held = b"", b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, end, body = self._held.partition(_END)
        length = _LENGTH.search(head)
        if end and length and len(body) >= int(length[1]):
            self._held = b""
            self._take(head, body)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or Failed(f"The connection was closed on {self._sent!r}"))

    def _take(self, head: bytes, body: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 2"):
            self._end(Failed(f"{self._sent!r} was answered: {head!r} {body!r}"))
            return
        self._answered(body)
        self._send()

    def _send(self) -> None:
        sent = next(self._requests, None)
        if sent is None:
            self._end(None)
        else:
            self._sent = sent
            self._transport.write(sent)

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
        self._transport.close()


async def send(port: int, requests: Iterator[bytes], *, connections: int = CONNECTIONS) -> list[bytes]:
    """Send requests to a port and return the bodies of the replies.

    The port is on this machine. Raise Failed if a status is not 2xx.
    """
    bodies: list[bytes] = []
    made = [
        await asyncio.get_running_loop().create_connection(
            lambda: Connection(requests, bodies.append), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    return bodies


async def measure(port: int, process: int, requests: Iterator[bytes], seconds: float) -> tuple[float, float]:
    """Send requests for some seconds.

    Args:
        port: the port of the server.
        process: the id of the server's process.
        requests: the requests.
        seconds: how long to send them.

    Returns:
        How many requests are answered in a second, and how many microseconds of CPU the process uses for each.

    Raises:
        Failed: see ``send``.
    """
    clock = ~process << 3 | 2  # of all threads of the process; see clock_getcpuclockid(3)
    began, used = time.perf_counter(), time.clock_gettime(clock)

    def in_time() -> Iterator[bytes]:
        while time.perf_counter() - began < seconds:
            yield next(requests)

    answered = await send(port, in_time())
    took, used = time.perf_counter() - began, time.clock_gettime(clock) - used
    return len(answered) / took, used / len(answered) * 1e6
