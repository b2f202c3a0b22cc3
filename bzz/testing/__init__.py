"""Helpers for the tests of applications: a client for a real server, and a record of the signals sent."""

from bzz.testing.capture import Sent, capture
from bzz.testing.client import Client, Reply, served

__all__ = ["Client", "Reply", "Sent", "capture", "served"]
