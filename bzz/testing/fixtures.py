"""Fixtures for pytest, known once the topmost ``conftest.py`` has ``pytest_plugins = ["bzz.testing.fixtures"]``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bzz.testing.capture import Sent, capture


@pytest.fixture
def sent_signals() -> Iterator[list[Sent]]:
    """Every signal that is sent during the test, in order."""
    with capture() as sent:
        yield sent
