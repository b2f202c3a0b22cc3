"""The types of values of an application's own classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bzz.schema.scalars import Scalar
from bzz.schema.types import DataType

Types = Mapping[Any, DataType]  # by a class of the ORM's types; in memory by a type hint


@dataclass(frozen=True)
class Type(Scalar):
    """The type of values of a class that bzz does not know.

    ``Type("color", Color.from_text, str, python_type=Color)`` reads and shows colors as text.

    Args:
        name: the type's name in error texts.
        parser: a function that turns a JSON value, or the text of a form or query, into a value. It must raise
            ValueError for a value of another kind. TypeError, LookupError, AttributeError and ArithmeticError count as
            ValueError.
        dumper: a function that turns a value into JSON.
        operators: the names from ``OPERATORS`` that filters on a field of this type may use. The store must compare the
            values as Python does.
        sortable: whether a list may be sorted by a field of this type. The store must then order the values.
        textual: whether the empty text in a form is a value of this type. If not, the empty text means null.
        shape: the keywords of JSON Schema for the JSON values.
        python_type: the class of the values. ``parser`` does not get its instances, which receivers and plain code set.
    """

    sortable: bool = False
    python_type: type | None = None

    def parse(self, raw: Any) -> Any:
        """Parse ``raw`` and return a value.

        Raises:
            ValueError: ``raw`` is not a value of this type.
        """
        if self.python_type is not None and isinstance(raw, self.python_type):
            return raw
        try:
            return self.parser(raw)
        except (TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"expected a value of the type {self.name}") from error


def type_for(types: Types, kind: type) -> DataType | None:
    """Return the type that an option ``types`` gives to a class, or to the nearest class from which it inherits."""
    return next((types[base] for base in kind.__mro__ if base in types), None)


def joined(known: Types, added: Types) -> Types:
    """Return the types of both dicts.

    Raises:
        TypeError: ``added`` is no dict, or has a value that is no ``DataType``.
        ValueError: the dicts give different types to one class.
    """
    if not isinstance(added, Mapping):
        raise TypeError(f"types must be a dict from a class of the ORM's types to a bzz.providers.Type, not {added!r}")
    for key, datatype in added.items():
        name = getattr(key, "__name__", repr(key))
        if not isinstance(datatype, DataType):
            raise TypeError(f"types: {name} needs a bzz.providers.Type, not {datatype!r}")
        if known.get(key, datatype) != datatype:
            raise ValueError(f"types: the provider already has another type for {name}; give each its own provider")
    return {**known, **added}
