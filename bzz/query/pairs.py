"""Pairs."""

from __future__ import annotations

from urllib.parse import parse_qsl

from bzz.exceptions import BadRequest

MAX_FIELDS = 1000


def pairs(encoded: bytes, what: str) -> list[tuple[str, str]]:
    """Return the fields of a URL-encoded form or query string, in their order.

    Args:
        encoded: percent-encoded, or plain, UTF-8.
        what: what it is, for the error.

    Raises:
        BadRequest: it is not UTF-8, or has too many fields.
    """
    try:
        return parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest(f"{what} is not in UTF-8.") from None
    except ValueError:
        raise BadRequest(f"{what} has more than {MAX_FIELDS} fields.") from None


MAX_LENGTH = 16_384


def query_pairs(encoded: str) -> list[tuple[str, str]]:
    """Return the parameters of a query string as Tornado has it: each byte that is not ASCII one Latin-1 character.

    Raises:
        BadRequest: as ``pairs``, or it is so long that no reply could repeat it in ``Link``.
    """
    if not encoded:
        return []
    if len(encoded) > MAX_LENGTH:
        raise BadRequest(f"The query string has more than {MAX_LENGTH} characters.")
    return pairs(encoded.encode("latin-1", errors="replace"), "The query string")
