"""The signals as server-sent events (HTML Standard, section 9.2).

The server sends them to every open page.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

import tornado.iostream
import tornado.web

from bzz.signals import declared
from bzz.signals.dispatch import Signal

SIGNALS = [signal for name, signal in declared().items() if "provider_call" not in name]
KEPT = 100
KEEP_ALIVE = 10.0  # seconds; after such a pause, the stream sends something to show that it is open


class Feed:
    """A store of the last signals.

    It wakes the streams that wait for more signals.
    """

    def __init__(self) -> None:
        self.events: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self.last_id = int(time.time() * 1000)  # so the ids of a new run are higher than those of the last run
        self.closed = False
        self._news = asyncio.Event()
        for signal in SIGNALS:
            self._watch(signal)

    def _watch(self, signal: Signal) -> None:
        def receive(sender: Any, **offered: Any) -> None:
            self._publish({"signal": signal.name, "sender": getattr(sender, "__name__", sender)} | _describe(offered))

        signal.connect(receive, weak=False)

    def _publish(self, event: dict[str, Any]) -> None:
        self.last_id += 1
        event["at"] = datetime.now(UTC).isoformat()
        self.events.append((self.last_id, json.dumps(event, default=str)))
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Close all open streams."""
        self.closed = True
        self._wake()

    async def after(self, last_id: int) -> list[tuple[int, str]]:
        """Return the events after ``last_id``.

        If there are none, wait for one. Return an empty list if none comes in ``KEEP_ALIVE`` seconds.
        """
        if not self.closed and not (self.events and self.events[-1][0] > last_id):
            try:
                async with asyncio.timeout(KEEP_ALIVE):
                    await self._news.wait()
            except TimeoutError:
                return []
        return [(number, event) for number, event in self.events if number > last_id]


def _describe(offered: dict[str, Any]) -> dict[str, Any]:
    """Return a signal's arguments in the form that the page shows."""
    shown = ("arguments", "data", "updated_fields", "field", "act", "request_id")
    described: dict[str, Any] = {key: offered[key] for key in shown if key in offered}
    if offered.get("instance"):
        described["instance"] = offered["instance"].name
    if "error" in offered:
        described["error"] = str(offered["error"]) or type(offered["error"]).__name__
    if "parent" in offered:
        described["parent"] = offered["parent"].name
    if "user_data" in offered:
        described["user"] = offered["user_data"]["name"]
    if "items" in offered:
        described["items"] = len(offered["items"])
    return described


class FeedHandler(tornado.web.RequestHandler):
    """The handler of ``GET /signals``, which streams the signals.

    If the browser sends ``Last-Event-ID``, the stream begins after that event.
    """

    def initialize(self, feed: Feed) -> None:
        """Store the feed to stream."""
        self.feed = feed

    async def get(self) -> None:
        """Stream events until the page is closed or the server stops."""
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        sent = self.request.headers.get("Last-Event-ID", "")
        last_id = int(sent) if re.fullmatch("[0-9]{1,15}", sent) else self.feed.last_id
        self.write("retry: 1000\n\n")
        try:
            await self.flush()
            while not self.feed.closed:
                events = await self.feed.after(last_id)
                for last_id, event in events:
                    self.write(f"id: {last_id}\ndata: {event}\n\n")
                if not events:
                    self.write(": still here\n\n")
                await self.flush()
        except tornado.iostream.StreamClosedError:
            return
