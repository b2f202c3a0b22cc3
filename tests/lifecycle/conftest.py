"""The schema of a user, and an act on all users in memory."""

from __future__ import annotations

import pytest

from bzz.lifecycle.act import Act
from bzz.providers.memory import MemoryProvider
from bzz.schema.schema import Schema
from tests.support.acts import act_on
from tests.support.models import User


@pytest.fixture
def schema(provider: MemoryProvider) -> Schema:
    return provider.describe(User)


@pytest.fixture
def all_users(provider: MemoryProvider, schema: Schema) -> Act:
    return act_on(provider, schema, "user")
