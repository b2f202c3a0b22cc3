"""The method of a model that makes the representation of an instance, in place of bzz."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[[Any], Any])
_MARK = "_bzz_represents"


def represents(method: F) -> F:
    """Mark the method of a model that makes the representation of an instance.

    The method takes no arguments. It returns JSON values: a dict of public names and values, usually. Requests see
    them unchanged, so options of a hive such as ``exclude`` do not apply. Use it as a decorator::

        class User(Document):
            @bzz.represents
            def summary(self):
                return {"id": str(self.id), "name": self.name}

    Returns:
        The method itself.
    """
    setattr(method, _MARK, True)
    return method


def representing_method(model: type) -> str:
    """Return the name of the method that ``represents`` marks, of a model or of a class it inherits from.

    The text is empty if there is none.
    """
    own = ((name, value) for base in model.__mro__ for name, value in vars(base).items())
    return next((name for name, value in own if isinstance(value, FunctionType) and _MARK in vars(value)), "")
