"""Helpers for tests.

They are a client of an application on a real socket, and a record of the sent signals.
"""

from bzz.testing.capture import Sent, capture
from bzz.testing.client import Client, Reply, served

__all__ = ["Client", "Reply", "Sent", "capture", "served"]
