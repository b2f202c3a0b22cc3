"""The type of values of which bzz knows nothing."""

from __future__ import annotations

from typing import Any

from bzz.schema.free_form import Json


def json_of(value: Any) -> Any:
    """Return the text of a value of an unknown class. A model of Pydantic is shown as JSON.

    A class without a text of its own is shown by its name, because Python's text contains an address, which changes.
    """
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    kind: Any = type(value)
    has_text = kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__
    return str(value) if has_text else str(kind.__name__)


class Shown(Json):
    """The type of values that requests only see: as JSON where JSON has such values, else as text.

    Requests cannot filter by them. Receivers and plain code may set any value, which passes untouched to the ORM.
    """

    operators = ()

    def parse(self, raw: Any) -> Any:
        """Return ``raw``, which only the ORM can check."""
        return raw

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # only the ORM knows the parts of a value
        """Return ``patch``, which replaces the stored value."""
        return patch

    def same(self, one: Any, other: Any) -> bool:
        """Tell whether two values are equal. Values that cannot be compared are not equal, unless they are one."""
        try:
            return one is other or bool(one == other)
        except Exception:  # noqa: BLE001  # classes of applications and drivers compare as they like
            return False
