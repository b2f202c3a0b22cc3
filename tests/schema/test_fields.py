from __future__ import annotations

import dataclasses

import pytest

from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER


def test_a_field_may_be_read_and_written_unless_it_is_restricted() -> None:
    field = Field("age", INTEGER)
    assert (field.readable, field.insertable, field.updatable, field.deferred) == (True, True, True, False)


def test_a_field_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Field("age", INTEGER).readable = False  # type: ignore[misc]
