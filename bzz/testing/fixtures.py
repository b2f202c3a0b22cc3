"""Fixtures for pytest; enable them by ``pytest_plugins = ["bzz.testing.fixtures"]`` in the topmost ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bzz.testing.capture import Sent, capture


@pytest.fixture
def sent_signals() -> Iterator[list[Sent]]:
    """Return the record of all signals that the test sends, in order."""
    with capture() as sent:
        yield sent
