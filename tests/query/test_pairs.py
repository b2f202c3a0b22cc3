"""The pairs of a form or query string."""

from __future__ import annotations

import pytest

from bzz.exceptions import BadRequest
from bzz.query.pairs import MAX_FIELDS, MAX_LENGTH, pairs, query_pairs


def test_pairs_keep_their_order_blanks_and_repetitions() -> None:
    assert pairs(b"b=2&a=&b=1+%2B", "The body") == [("b", "2"), ("a", ""), ("b", "1 +")]


def test_a_query_string_that_is_not_utf8_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="not in UTF-8"):
        query_pairs("name=%ff")


def test_a_query_string_may_be_plain_utf8() -> None:
    as_tornado_has_it = "name=Ló".encode().decode("latin-1")
    assert query_pairs(as_tornado_has_it) == [("name", "Ló")]


def test_the_number_of_pairs_is_limited() -> None:
    encoded = b"&".join([b"a=1"] * MAX_FIELDS)
    assert len(pairs(encoded, "The body")) == MAX_FIELDS
    with pytest.raises(BadRequest, match="The body has more than 1000 fields"):
        pairs(encoded + b"&a=1", "The body")


def test_the_length_of_a_query_string_is_limited() -> None:
    assert query_pairs("a=" + "x" * (MAX_LENGTH - 2)) == [("a", "x" * (MAX_LENGTH - 2))]
    with pytest.raises(BadRequest, match="more than 16384 characters"):
        query_pairs("a=" + "x" * (MAX_LENGTH - 1))
