"""Cases notice each provider that forgets values that are stored."""

from __future__ import annotations

from tests.providers.sqlalchemy.noticing import noticed
from tests.testing.conformance.catalogue import stored

test_a_broken_promise_is_noticed = noticed(stored)
