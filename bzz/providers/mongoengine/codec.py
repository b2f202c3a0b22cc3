"""The codec of a MongoEngine field.

A codec contains the type of a field. It decodes and encodes the field's values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bzz.schema.types import DataType, identity


@dataclass(frozen=True)
class Codec:
    """The type of one MongoEngine field, with conversion in both directions.

    A part is the raw value of the field in a document.

    Args:
        type: the type of the field.
        decode: returns the typed value of a part. It is never called with None.
        encode: returns the part for a typed value. It is never called with None.
        generated: whether requests must not set the field.
        reuse: returns the part for a new value. It is called with the old part, the old value and the new value. It
            reuses the old part's documents, so that they keep their classes. ``reuse`` is None for a type without
            documents.
        nearest: returns the greatest value that MongoDB can store in the field and that is not greater than the value
            of a condition, as MongoDB stores it, and whether it is the value itself. None if the field stores all
            values as they are.
        kept: the class of those stored values that are typed values already. None if there is no such class.
        read: returns the typed value of what MongoDB stores, without a document. It may raise any exception. It is
            None if the value is a part that ``decode`` takes, after the field's ``to_python``.
    """

    type: DataType
    decode: Callable[[Any], Any] = identity
    encode: Callable[[Any], Any] = identity
    generated: bool = False
    reuse: Callable[[Any, Any, Any], Any] | None = None
    nearest: Callable[[Any], tuple[Any, bool]] | None = None
    kept: object = None
    read: Callable[[Any], Any] | None = None

    def encode_over(self, part: Any, before: Any, value: Any) -> Any:
        """Return the part for ``value``, with the documents of the old ``part``.

        The value of the old part is ``before``.
        """
        if self.reuse is None or part is None or not isinstance(before, (dict, list)):
            return self.encode(value)
        return self.reuse(part, before, value)

    def decode_if_possible(self, value: Any) -> Any:
        """Return the typed value.

        None is returned unchanged, and so is a value that the type cannot decode.
        """
        try:
            return None if value is None else self.decode(value)
        except Exception:  # noqa: BLE001  # a document may contain any value, and bzz must show it
            return value
