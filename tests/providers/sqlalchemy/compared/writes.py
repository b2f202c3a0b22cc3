"""Changes, each as a request and as a function that makes the same change with SQLAlchemy's session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import FlushError

from tests.providers.sqlalchemy.compared.conftest import Served
from tests.providers.sqlalchemy.compared.oracle import key_of

REFUSALS = (sa.exc.IntegrityError, FlushError, AssertionError)  # an AssertionError: a key would become null
Tables = dict[str, list[Any]]


@dataclass(frozen=True)
class Change:
    """A change of the stored rows.

    Args:
        method: of the request.
        path: of the request.
        body: of the request.
        make: makes the same change in a session. None if the request must be refused.
    """

    method: str
    path: str
    body: Any
    make: Callable[[Session], Any] | None = None


@dataclass
class Changes:
    """Makes changes by requests and by SQLAlchemy's session, and keeps the differences.

    Args:
        served: the schema.
        differences: sentences.
        before: the rows before each change.
    """

    served: Served
    differences: list[str] = field(default_factory=list)
    before: Tables = field(default_factory=dict)

    async def compare(self, change: Change) -> None:
        """Compare the tables after a request with those after the same change by the session."""
        self.before = self.before or await self.served.database.run(self.served.tables)
        wanted, is_made = await self.served.database.run(lambda session: self._make(session, change))
        reply = await self.served.api(change.method, change.path, json_body=change.body)
        got = await self.served.database.run(self.served.tables)
        name = f"{change.method} {change.path} {change.body}: {reply.status} {reply.body[:400]!r}"
        if reply.status >= 500 or (reply.status < 400) is not is_made:
            self.differences.append(f"{name}, SQLAlchemy {'makes' if is_made else 'refuses'} the change")
        elif got != wanted:
            self.differences.append(f"{name}, tables differ: {_difference(got, wanted)}")
        if got != self.before:
            await self.served.refill()

    def _make(self, session: Session, change: Change) -> tuple[Tables, bool]:
        """Return the tables after a change, and whether it is possible. The change is rolled back."""
        is_made, takes_keys = change.make is not None, change.method == "POST"
        if takes_keys:  # a request that was refused may have taken some, too
            self.served.restart_keys(session)
        if change.make:
            try:
                change.make(session)
                session.flush()
            except REFUSALS:
                session.rollback()
                is_made = False
        tables = self.served.tables(session)
        session.rollback()
        if takes_keys:
            self.served.restart_keys(session)
            session.commit()
        return tables, is_made


def find(session: Session, model: Any, text: str | None) -> Any:
    return None if text is None else session.get_one(model, key_of(text))


def _difference(got: Tables, wanted: Tables) -> dict[str, Any]:
    return {
        name: (
            "bzz",
            [row for row in rows if row not in wanted[name]],
            "SQLAlchemy",
            [row for row in wanted[name] if row not in rows],
        )
        for name, rows in got.items()
        if rows != wanted[name]
    }
