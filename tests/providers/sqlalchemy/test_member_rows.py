"""Checks of members that join."""

from __future__ import annotations

import pytest

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.member_rows import check_fixed, check_found
from bzz.schema.errors import MAX_ERRORS
from tests.providers.sqlalchemy.shop import Account

INVOICES = SQLAlchemyProvider().mapped_class(Account).relations["invoices"]


def test_not_all_of_many_missing_members_are_named() -> None:
    keys = [("a", number) for number in range(MAX_ERRORS + 2)]
    check_found(INVOICES, keys, keys)
    with pytest.raises(Invalid) as caught:
        check_found(INVOICES, keys, keys[:1])
    [message] = caught.value.errors["invoices"]
    assert message.startswith("there is no Invoice a~1, a~2, ")
    assert message.endswith(f", a~{MAX_ERRORS}")


def test_the_parts_of_a_key_are_escaped_in_messages() -> None:
    check_fixed(INVOICES, ("a~b", 1), {"tenant": "a~b"}, {"tenant": "a~b"})
    with pytest.raises(Invalid, match="a%7Eb~1 has another tenant"):
        check_fixed(INVOICES, ("a~b", 1), {"tenant": "a~b"}, {"tenant": "c"})
