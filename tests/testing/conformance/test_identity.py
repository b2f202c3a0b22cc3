"""Cases of identifiers and unique values notice each provider that breaks a promise of theirs."""

from __future__ import annotations

from tests.providers.sqlalchemy.noticing import noticed
from tests.testing.conformance.catalogue import identity

test_a_broken_promise_is_noticed = noticed(identity)
