"""Conditions on values that other programs have spelled in several ways."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from bzz.providers.sqlalchemy.sqlite_forms import compare_uuids
from tests.providers.sqlalchemy.compared_rows import differences

KEYS = [UUID(int=number * 0x123456789ABCDEF0123456789ABCDE) for number in range(1, 6)]


def test_conditions_on_uuids_find_each_spelling() -> None:
    engine = sa.create_engine("sqlite://")
    stored = [text for key in KEYS[:4] for text in (key.hex, str(key), key.hex.upper(), str(key).upper())]
    assert differences(engine, sa.Uuid(), compare_uuids, stored, KEYS, ordered=False) == []
    texts = [str(key) for key in KEYS]
    assert differences(engine, sa.Uuid(as_uuid=False), compare_uuids, stored, texts, ordered=False) == []
    engine.dispose()
