"""The errors of input, collected in a dict from dotted field name to texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from bzz.exceptions import Invalid

MAX_ERRORS = 100
UNKNOWN_FIELD = "unknown field"
NO_INSTANCE = "There is no such instance."


def add_error(errors: dict[str, list[str]], key: str, error: ValueError) -> None:
    """Add the text of ``error`` to ``errors``, under ``key``.

    Args:
        errors: a dict from dotted field name to texts. The function changes this dict in place.
        key: the name of the field in which the error is.
        error: the error. If it is an ``Invalid``, each of its own errors is added under ``key.inner``.

    Raises:
        Invalid: ``errors`` has reached ``MAX_ERRORS`` names. The rest of the input is not read.
    """
    if isinstance(error, Invalid) and error.errors:
        errors.update({f"{key}.{inner}": messages for inner, messages in error.errors.items()})
    else:
        errors[key] = [str(error)]
    if len(errors) >= MAX_ERRORS:
        raise Invalid(errors=dict(islice(errors.items(), MAX_ERRORS)))


def raise_if_invalid(errors: Mapping[str, list[str]], read_only: Iterable[tuple[str, Any]]) -> None:
    """Raise Invalid for ``errors`` and for values of read-only fields.

    Args:
        errors: a dict from dotted field name to texts.
        read_only: pairs of dotted field name and value, from ``Schema.read_only_values``.

    Raises:
        Invalid: ``errors`` or ``read_only`` is not empty.
    """
    both = {**errors, **{name: ["is read-only"] for name, _ in islice(read_only, MAX_ERRORS)}}
    if both:
        raise Invalid(errors=both)
