"""The type of an enumeration's members."""

from __future__ import annotations

import enum
from typing import Any

from bzz.schema.free_form import JSON
from bzz.schema.scalars import Scalar


def enumeration(kind: type[enum.Enum]) -> Scalar:
    """Return the type of the members of ``kind``.

    JSON and forms contain the values of the members.
    """
    by_text = {str(member.value): member for member in kind}

    def parse_member(raw: Any) -> enum.Enum:
        if isinstance(raw, kind):
            return raw
        member = by_text.get(str(raw))
        if member is None or not (isinstance(raw, str) or type(raw) is type(member.value)):
            raise ValueError(f"expected one of {', '.join(by_text)}")
        return member

    kinds = {isinstance(member.value, str) for member in kind}
    return Scalar(
        "enumeration",
        parse_member,
        lambda member: JSON.dump(getattr(member, "value", member)),
        sortable=len(kinds) == 1,  # text and numbers have no order between them
        members={member.name: JSON.dump(member.value) for member in kind},
    )
