"""The validation of classes that are models of Pydantic, too, as SQLModel's are.

SQLModel itself validates neither the constructor's arguments nor assignments of a class with a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bzz.exceptions import Invalid


def validate(instance: Any, names: Mapping[str, str]) -> None:
    """Run the validators of an instance's class, and set the values that they return.

    An instance of a class without such validators does not change.

    Args:
        instance: the instance.
        names: a dict from each attribute that a write sets to the field's name in errors. Errors of other attributes do
            not count, because their values may be stored already.

    Raises:
        Invalid: a validator refused a value, or the whole instance.
    """
    model: Any = type(instance)
    if not hasattr(model, "__pydantic_validator__"):
        return
    try:
        validated = model.model_validate({name: getattr(instance, name) for name in model.model_fields})
    except ValueError as error:
        _refuse(error, names)
        return
    for name in names.keys() & model.model_fields.keys():
        if getattr(instance, name) != getattr(validated, name):
            setattr(instance, name, getattr(validated, name))


def _refuse(error: Any, names: Mapping[str, str]) -> None:
    """Raise Invalid for the errors of the attributes in ``names``, and of the whole instance."""
    errors: dict[str, list[str]] = {}
    whole: list[str] = []
    for one in error.errors():
        text, attribute = str(one.get("ctx", {}).get("error", one["msg"])), next(iter(one["loc"]), None)
        if attribute is None:
            whole.append(text)
        elif attribute in names:
            errors.setdefault(names[attribute], []).append(text)
    if errors or whole:
        raise Invalid(" ".join(whole) or "The input is not valid.", errors=errors) from error
