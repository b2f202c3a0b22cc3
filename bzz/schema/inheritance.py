"""The classes that inherit from a model."""

from __future__ import annotations

from collections.abc import Iterator


def subclasses(model: type) -> Iterator[type]:
    """Yield the classes that inherit from ``model``. A class comes before the classes that inherit from it."""
    own: list[type] = model.__subclasses__()
    for inner in own:
        yield inner
        yield from subclasses(inner)
