"""What a class's own constructor, validators and setters raise for values that they do not take.

A ``ValueError`` or a failed ``assert`` says that a value is wrong. Code that cannot handle a missing value or null
often raises another exception. It counts only if a value is null or missing, and is logged, because it may be a bug.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from bzz.exceptions import Invalid

logger = logging.getLogger("bzz")
MISSING, WRONG = "is required", "cannot take this value"
UNPREPARED = (TypeError, AttributeError, LookupError)


@contextmanager
def refused_value(model: type, value: Any, *, is_typed: bool) -> Iterator[None]:
    """Turn an exception about one value into a ``ValueError`` whose text is for the client.

    Args:
        model: the class whose validator or setter the block runs.
        value: the value.
        is_typed: whether the value has the type that the validator or setter expects.

    Raises:
        ValueError: the class refused the value.
        Exception: any other exception of the block.
    """
    try:
        yield
    except AssertionError as error:
        raise ValueError(str(error) or WRONG) from error
    except UNPREPARED as error:
        if value is not None and is_typed:
            raise
        logger.warning("%s cannot handle a value", model.__name__, exc_info=True)
        raise ValueError(MISSING if value is None else WRONG) from error


@contextmanager
def refused_arguments(model: type, nulls: Collection[str], empty: Collection[str]) -> Iterator[None]:
    """Turn an exception of a constructor into ``Invalid``.

    Args:
        model: the class whose constructor the block runs.
        nulls: the attributes that are given as null.
        empty: the attributes without a value, or with null.

    Raises:
        Invalid: the constructor refused the arguments, or needs one of the ``empty`` attributes. ``errors`` has the
            names of attributes.
        Exception: any other exception of the block.
    """
    try:
        yield
    except Invalid:
        raise
    except (ValueError, AssertionError) as error:
        raise Invalid(str(error)) from error
    except UNPREPARED as error:
        named = [one for one in empty if isinstance(error, KeyError) and error.args == (one,)]
        names = named or (sorted(nulls or empty) if "NoneType" in str(error) else [])
        if not names:
            raise
        logger.warning("%s cannot be made without a value", model.__name__, exc_info=True)
        if len(names) == 1:
            raise Invalid(errors={names[0]: [MISSING]}) from error
        raise Invalid(f"A value is missing; give one of {', '.join(names)}.") from error
