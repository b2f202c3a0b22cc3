"""The keywords, values and senders of the signal ``ping``, which the tests of signals send."""

from __future__ import annotations

KEYWORDS = {"instance": "the instance", "handler": "the handler"}
GIVEN = {"instance": "I", "handler": "H"}


class Model:
    """A sender."""


class Other:
    """Another sender."""
