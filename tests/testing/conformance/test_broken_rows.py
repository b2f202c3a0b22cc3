"""Cases of broken rows notice each provider that breaks a promise of theirs."""

from __future__ import annotations

from tests.providers.sqlalchemy.noticing import noticed
from tests.testing.conformance.catalogue import broken_rows

test_a_broken_promise_is_noticed = noticed(broken_rows)
