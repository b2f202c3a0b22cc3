"""Errors of input, collected by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from bzz.exceptions import Invalid

MAX_ERRORS = 100


def add_error(errors: dict[str, list[str]], key: str, error: ValueError) -> None:
    """Record under ``key`` what ``error`` says, each inner field of an ``Invalid`` by its dotted name.

    Raises:
        Invalid: there are so many errors that more would help nobody.
    """
    if isinstance(error, Invalid) and error.errors:
        errors.update({f"{key}.{inner}": messages for inner, messages in error.errors.items()})
    else:
        errors[key] = [str(error)]
    if len(errors) >= MAX_ERRORS:
        raise Invalid(errors=dict(islice(errors.items(), MAX_ERRORS)))


UNKNOWN_FIELD = "unknown field"
NO_INSTANCE = "There is no such instance."


def raise_if_invalid(errors: Mapping[str, list[str]], read_only: Iterable[tuple[str, Any]]) -> None:
    """Raise Invalid if there are ``errors``, or names of values that were given but are ``read_only``."""
    both = {**errors, **{name: ["is read-only"] for name, _ in islice(read_only, MAX_ERRORS)}}
    if both:
        raise Invalid(errors=both)
