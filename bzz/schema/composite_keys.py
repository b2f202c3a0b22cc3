"""The type of primary keys that consist of several values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bzz.schema.scalars import MAX_KEY
from bzz.schema.types import EQUALITY, DataType, parse_text

SEPARATOR = "~"
_ESCAPES = {"%": "%25", SEPARATOR: "%7E"}
_TEXT = re.compile(r"(?:[^%]|%25|%7E)*")


@dataclass(frozen=True)
class CompositeKey(DataType):
    """The type of primary keys that consist of several values.

    A value is a tuple. Its text joins the parts by ``~``. Inside a part, ``%`` is written ``%25``, and ``~`` is written
    ``%7E``.

    Args:
        parts: pairs of a part's field name and type, in the order of the key.
    """

    parts: tuple[tuple[str, DataType], ...]
    name: str = "key"
    operators: tuple[str, ...] = EQUALITY
    sortable: bool = True

    @property
    def unbounded(self) -> DataType:
        """The type of keys whose parts have no bounds."""
        return replace(self, parts=tuple((name, datatype.unbounded) for name, datatype in self.parts))

    def parse(self, raw: Any) -> tuple[Any, ...]:
        """Parse ``raw``, the text of a key or a tuple of its parts, and return a tuple of typed parts.

        Raises:
            ValueError: ``raw`` is no such text or tuple.
        """
        texts = raw if isinstance(raw, tuple) else split(parse_text(raw))
        if len(texts) != len(self.parts) or None in texts:
            raise ValueError(f"expected {len(self.parts)} values joined by {SEPARATOR!r}")
        key = tuple(datatype.parse(text) for (_, datatype), text in zip(self.parts, texts, strict=True))
        if len(self.dump(key)) > MAX_KEY:
            raise ValueError(f"expected at most {MAX_KEY} characters")
        return key

    def dump(self, value: Sequence[Any]) -> str:
        """Return the text of a key."""
        return join(str(datatype.dump(part)) for (_, datatype), part in zip(self.parts, value, strict=True))

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of texts."""
        return {"type": "string", "maxLength": MAX_KEY}

    def complete(self, identifier: str, known: Mapping[str, Any]) -> str:
        """Return the text of a whole key.

        Args:
            identifier: the text of a whole key, or the text of the parts that ``known`` lacks.
            known: a dict from the field name of a part to its value.
        """
        rest = split(identifier)
        if not 0 < len(rest) == sum(name not in known for name, _ in self.parts) < len(self.parts):
            return identifier
        return join(str(datatype.dump(known[name])) if name in known else rest.pop(0) for name, datatype in self.parts)


def join(parts: Any) -> str:
    """Return the text of a key with these texts as parts."""
    return SEPARATOR.join("".join(_ESCAPES.get(char, char) for char in part) for part in parts)


def split(text: str) -> list[str]:
    """Return the texts of the parts of a key.

    Raises:
        ValueError: ``text`` has more than ``MAX_KEY`` characters, or a ``%`` that does not begin ``%25`` or ``%7E``.
    """
    if len(text) > MAX_KEY:  # checked first, as the rest takes long for a long text
        raise ValueError(f"expected at most {MAX_KEY} characters")
    if not _TEXT.fullmatch(text):
        raise ValueError("expected %25 for each % and %7E for each ~ inside a part")
    return [part.replace("%7E", SEPARATOR).replace("%25", "%") for part in text.split(SEPARATOR)]
