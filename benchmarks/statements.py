"""The number of statements that a process sends to its stores."""

from __future__ import annotations

import pymongo.monitoring
import sqlalchemy as sa


class Statements(pymongo.monitoring.CommandListener):
    """Counts the statements of SQLAlchemy and the commands of pymongo.

    Make it before the engines and clients. Listeners cost time, so nothing is measured in the same process.
    """

    def __init__(self) -> None:
        self.count = 0
        pymongo.monitoring.register(self)
        sa.event.listen(sa.Engine, "before_cursor_execute", self._executes)

    def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
        self.count += event.command_name not in ("hello", "ping", "endSessions")

    def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
        """Ignore the event."""

    def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
        """Ignore the event."""

    def _executes(self, *_: object) -> None:
        self.count += 1
