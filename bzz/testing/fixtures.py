"""Fixtures for pytest.

To enable them, write ``pytest_plugins = ["bzz.testing.fixtures"]`` in the topmost ``conftest.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bzz.testing.capture import Sent, capture


@pytest.fixture
def sent_signals() -> Iterator[list[Sent]]:
    """Return the record of all signals that the test sends.

    The record has the signals in the order in which they were sent.
    """
    with capture() as sent:
        yield sent
