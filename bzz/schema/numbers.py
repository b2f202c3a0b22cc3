"""The numbers of JSON, forms and queries: how they become Python values without losing digits, and JSON again."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

LOSES_DIGITS = "has more digits than a number keeps here; send it as text"
LONG_FRACTION = "has more digits than a number with a fraction keeps here; round it to 15 digits"


class JsonNumber(Decimal):
    """A number of a JSON body that a float does not keep with all its digits."""

    def to_float(self) -> float:
        """Return the float that stands for the number.

        Raises:
            ValueError: the number has more digits than its float, which has up to 17.
        """
        value = float(self)
        if Decimal(f"{value:.17g}") != self:
            raise ValueError(LOSES_DIGITS)
        return value


def json_number(text: str) -> float | JsonNumber:
    """Return the value of a JSON number with a fraction or an exponent. It is a float if a float keeps all digits."""
    value, exact = float(text), JsonNumber(text)
    return value if Decimal(repr(value)) == exact else exact


def _finite(parse: Callable[[Any], float]) -> Callable[[Any], float]:
    def parse_finite(raw: Any) -> float:
        value = parse(raw)
        if not math.isfinite(value):
            raise ValueError("expected a finite number")
        return value

    return parse_finite


def parse_float(raw: Any) -> float:
    """Parse input and return a float, which may be infinite or NaN.

    Raises:
        ValueError: ``raw`` is not a number, or a float does not keep the digits of a number in JSON.
    """
    if isinstance(raw, JsonNumber):
        return raw.to_float()
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)) or (isinstance(raw, str) and "_" in raw):
        raise ValueError("expected a number")
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        raise ValueError("expected a number") from None
    if isinstance(raw, int) and math.isfinite(value) and value != raw:
        raise ValueError(LOSES_DIGITS)
    return value


def dump_float(value: Any) -> Any:
    """Return a float as JSON, which has no numbers that are not finite: they are text, as decimal numbers are."""
    return value if not isinstance(value, float) or math.isfinite(value) else str(Decimal(value))


def parse_finite_decimal(raw: Any) -> Decimal:
    """Parse input and return a finite decimal number.

    Raises:
        ValueError: ``raw`` is not a finite number.
    """
    value = parse_decimal(raw)
    if not value.is_finite():
        raise ValueError("expected a finite decimal number")
    return value


def parse_decimal(raw: Any, expected: str = "expected a decimal number") -> Decimal:
    """Parse input and return a decimal number, which may be infinite or NaN.

    Raises:
        ValueError: ``raw`` is not a number. The text of the error is ``expected``.
    """
    if (
        isinstance(raw, bool)
        or not isinstance(raw, (str, int, float, Decimal))
        or (isinstance(raw, str) and "_" in raw)
    ):
        raise ValueError(expected)
    try:
        value = Decimal(raw if isinstance(raw, int) else str(raw))
    except InvalidOperation:
        raise ValueError(expected) from None
    return Decimal("NaN") if value.is_nan() else value  # no signalling one, which raises when it is compared


def parse_number(raw: Any) -> float:
    """Parse input and return an int for a number without a fraction, else a float.

    The digits count as they are written, so 1e23 is 10**23 although the float 1e23 is less. A number beyond all floats
    is infinite.

    Raises:
        ValueError: ``raw`` is not a number, or it has a fraction and more digits than a float keeps.
    """
    exact = parse_decimal(raw, "expected a number")
    value = float(exact)
    if not math.isfinite(value):
        return value
    if (whole := int(exact)) == exact:
        return whole
    if Decimal(repr(value)) != exact:
        raise ValueError(LONG_FRACTION)
    return value


parse_finite_float = _finite(parse_float)
parse_finite_number = _finite(parse_number)


def dump_number(value: Any) -> Any:
    """Return a number as JSON. A number that JSON or a float does not keep is text with all digits."""
    with suppress(ValueError):
        return parse_finite_number(value) if isinstance(value, (float, Decimal)) else value
    return str(Decimal(value))
