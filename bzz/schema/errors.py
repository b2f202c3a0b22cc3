"""The errors of input, collected by dotted field name."""

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
        errors: texts by dotted field name, changed in place.
        key: name of the field in which the error is.
        error: the error; an ``Invalid`` adds each of its own errors as ``key.inner``.

    Raises:
        Invalid: ``errors`` has reached ``MAX_ERRORS`` names; the rest of the input is not read.
    """
    if isinstance(error, Invalid) and error.errors:
        errors.update({f"{key}.{inner}": messages for inner, messages in error.errors.items()})
    else:
        errors[key] = [str(error)]
    if len(errors) >= MAX_ERRORS:
        raise Invalid(errors=dict(islice(errors.items(), MAX_ERRORS)))


def raise_if_invalid(errors: Mapping[str, list[str]], read_only: Iterable[tuple[str, Any]]) -> None:
    """Raise Invalid for ``errors`` and for values of read-only fields; return if there are neither.

    Args:
        errors: texts by dotted field name.
        read_only: pairs of dotted field name and value, as ``Schema.read_only_values`` yields them.

    Raises:
        Invalid: ``errors`` or ``read_only`` is not empty.
    """
    both = {**errors, **{name: ["is read-only"] for name, _ in islice(read_only, MAX_ERRORS)}}
    if both:
        raise Invalid(errors=both)
