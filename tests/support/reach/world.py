"""A server of random families, and the comparison of one request with what the oracle says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from bzz.testing.client import Reply, served
from tests.support.reach import changes, hives, models, plan
from tests.support.reach.access import Family
from tests.support.reach.paths import Reasons
from tests.support.reach.reading import Shown, judge_read
from tests.support.reach.replies import shown_after
from tests.support.reach.requests import Request
from tests.support.reach.state import MARKER, State, dump, fill
from tests.support.reach.telling import told
from tests.support.reach.watching import Watch
from tests.support.reach.writing import Changed, judge_write


class World:
    """An application with one setting, on a real socket, until the block ends.

    Args:
        setting: the hives and receivers.
        state: the rows to begin with.
    """

    def __init__(self, setting: hives.Setting, state: State) -> None:
        self.setting, self.state = setting, state
        self.family, self.watch = Family(setting), Watch()

    def __enter__(self) -> World:
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        models.hooked.clear()
        models.hooked.update(self.setting.hooked)
        fill(self.state)
        if self.setting.is_watched:
            self.watch.connect(self.setting.refusing)
        self.server = served(hives.application(self.setting))
        self.client = self.loop.run_until_complete(self.server.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.watch.close()
        self.loop.run_until_complete(self.server.__aexit__(None, None, None))
        self.loop.close()
        asyncio.set_event_loop(None)

    def step(self, request: Request) -> None:
        """Send a request, and compare all that it does with what the oracle says.

        Raises:
            AssertionError: they differ.
        """
        tag = self._tag(request)
        request = request if tag else replace(request, if_match=None)
        judge: Any = judge_read if request.is_read else judge_write
        verdict = judge(self.family, self.state, request)
        if isinstance(verdict, Changed) and changes.has_own_parent(verdict.state):
            return  # the ORM cannot delete such a row
        self.watch.events.clear()
        reply = self._ask(request.method, request.url, request, tag)
        after = dump()
        try:
            self._compare(request, verdict, reply, after)
        except AssertionError as error:
            error.add_note(f"{reply.status} {reply.body!r}")
            raise
        self.state = after

    def _ask(self, method: str, url: str, request: Request, tag: str | None = None) -> Reply:
        headers = {"X-User": request.caller} if request.caller else {}
        headers |= {"If-Match": tag} if tag else {}
        body = None if method == "GET" else request.body
        return self.loop.run_until_complete(self.client(method, url, json_body=body, headers=headers))

    def _tag(self, request: Request) -> str | None:
        """Return the tag for ``If-Match``. A caller who cannot read the present tag sends none."""
        if request.if_match != "current":
            return request.if_match and '"stale"'
        return self._ask("GET", request.path, request).headers.get("ETag")  # type: ignore[no-any-return]

    def _compare(self, request: Request, verdict: Reasons | Shown | Changed, reply: Reply, after: State) -> None:
        assert reply.status < 500, "a bug"
        is_done = reply.status < 300
        if isinstance(verdict, Reasons):
            assert not is_done, f"must be refused: {dict(verdict)}"
            assert reply.status in verdict.statuses, f"must be refused with another status: {dict(verdict)}"
        if not is_done:
            doubts = verdict.reasons.doubts if isinstance(verdict, Changed) else {}
            is_open = reply.status in {one for statuses in doubts.values() for one in statuses}
            assert is_open or isinstance(verdict, Reasons), "must be done"
            assert after == self.state, f"a refused request must change nothing: {differences(after, self.state)}"
        elif isinstance(verdict, Shown):
            assert after == self.state, f"a GET must change nothing: {differences(after, self.state)}"
            assert json.loads(reply.body) == verdict.body, f"the body must be {verdict.body}"
            assert reply.headers.get("X-Total-Count") == (str(verdict.count) if request.count else None)
        elif isinstance(verdict, Changed):
            assert after == verdict.state, f"stored, and to be stored: {differences(after, verdict.state)}"
            shown = shown_after(self.family, self.state, after, request)
            assert (json.loads(reply.body) if reply.body else None) in shown, f"the body must be one of {shown}"
            assert shown != [None] or "ETag" not in reply.headers, "a tag for a caller who may not read"
        self._check_leaks(request, reply, is_done=is_done)
        if self.setting.is_watched:
            self.watch.check(told(self.state, after, request) if is_done and not request.is_read else set(), after)

    def _check_leaks(self, request: Request, reply: Reply, *, is_done: bool) -> None:
        """Check that a reply names no text of a row, beyond a body that was compared already."""
        sent = {*MARKER.findall(f"{request.url} {request.body}")}
        named = str([*reply.headers.get_all()]) + ("" if is_done else reply.body.decode())
        assert {*MARKER.findall(named)} <= sent, "a text that the caller has not sent"


def differences(found: State, wanted: State) -> dict[str, Any]:
    """Return what differs between two states, as pairs."""
    differing: dict[str, Any] = {
        f"{name} {key}": (found.rows[name].get(key), wanted.rows[name].get(key))
        for name in plan.TABLES
        for key in found.rows[name].keys() | wanted.rows[name].keys()
        if found.rows[name].get(key) != wanted.rows[name].get(key)
    }
    return differing | ({"links": (found.links, wanted.links)} if found.links != wanted.links else {})
