"""The signal that the tests of this package send."""

from __future__ import annotations

import pytest

from bzz.signals.dispatch import Signal
from tests.support.ping import KEYWORDS


@pytest.fixture
def signal() -> Signal:
    return Signal("ping", "When pinged.", KEYWORDS)
