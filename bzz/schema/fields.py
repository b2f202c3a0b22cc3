"""The fields of a model, and the values of an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bzz.schema.types import DataType

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Args:
        name: the model's own name for the field.
        type: the type of the values that the field can hold.
        readable: whether replies show the field, and lists may be filtered and sorted by it.
        insertable: whether a request may set the field when it creates an instance.
        updatable: whether a request may change the field.
        deferred: whether the store keeps the field elsewhere than in the instance's row. Values and replies contain a
            deferred field only if a request or a write names it. Entity tags do not include deferred fields.
    """

    name: str
    type: DataType
    readable: bool = True
    insertable: bool = True
    updatable: bool = True
    deferred: bool = False
