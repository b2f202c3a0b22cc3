"""Fields, and the values that instances hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bzz.schema.types import DataType

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Args:
        name: the model's own name for it.
        type: what it can hold.
        readable: whether a reply shows it and a list may be filtered and sorted by it.
        insertable: whether a request may give it when it creates an instance.
        updatable: whether a request may change it.
        deferred: whether it is kept elsewhere than in the instance: values and replies hold it only where it is asked
            for by name, and no entity tag does.
    """

    name: str
    type: DataType
    readable: bool = True
    insertable: bool = True
    updatable: bool = True
    deferred: bool = False
