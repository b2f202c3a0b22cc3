"""Cases of embedded documents notice each provider that breaks a promise of theirs."""

from __future__ import annotations

from tests.providers.sqlalchemy.noticing import noticed
from tests.testing.conformance.catalogue import embedded

test_a_broken_promise_is_noticed = noticed(embedded)
