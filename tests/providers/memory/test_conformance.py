"""The memory provider keeps the promises of all providers."""

from __future__ import annotations

from tests.support.conformance import MemorySuite


class TestMemory(MemorySuite):
    """Every case runs on the memory provider."""
