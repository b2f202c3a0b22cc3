"""The signals that tests listen to."""

from __future__ import annotations

from bzz import signals

SIGNALS = signals.declared()
LIFECYCLE = [name for name, signal in SIGNALS.items() if "unit" in signal.keywords]
