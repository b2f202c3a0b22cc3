"""The keys and values in a URL-encoded form or query string."""

from __future__ import annotations

from urllib.parse import parse_qsl

from bzz.exceptions import BadRequest

MAX_FIELDS = 1000
MAX_LENGTH = 16_384  # the most characters of a query string, because ``Link`` repeats it in a header


def pairs(encoded: bytes, name: str) -> list[tuple[str, str]]:
    """Return the pairs of a form or query string, in order.

    The WHATWG URL standard, section 5.1, defines the format.

    Args:
        encoded: the form or query string in UTF-8, percent-encoded or plain.
        name: the name of ``encoded`` in error texts: "The body".

    Raises:
        BadRequest: ``encoded`` is not in UTF-8, or has more than ``MAX_FIELDS`` pairs.
    """
    try:
        return parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise BadRequest(f"{name} is not in UTF-8.") from None
    except ValueError:
        raise BadRequest(f"{name} has more than {MAX_FIELDS} fields.") from None


def query_pairs(encoded: str) -> list[tuple[str, str]]:
    """Return the parameters of a query string.

    Args:
        encoded: a query string from Tornado, in which each non-ASCII byte is one Latin-1 character.

    Raises:
        BadRequest: the query string is not in UTF-8, has more than ``MAX_FIELDS`` pairs, or is longer than
            ``MAX_LENGTH``.
    """
    if not encoded:
        return []
    if len(encoded) > MAX_LENGTH:
        raise BadRequest(f"The query string has more than {MAX_LENGTH} characters.")
    return pairs(encoded.encode("latin-1", errors="replace"), "The query string")
