"""The declaration of what a store can do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do.

    bzz refuses a request that needs anything else. Such a request does not reach the provider. The ``DataType`` of a
    field says how a list can be filtered and sorted by the field.

    Args:
        count: whether the store can count the instances on all pages of a list. If not, bzz answers ``count=true``
            with a 400.
        page: whether a page can begin after a given number of instances. If not, bzz answers ``page=2`` with a 400.
        after: whether a page can begin at a cursor. If not, bzz answers ``after`` with a 400, and the links of a list
            contain page numbers.
        if_match: whether the store can compare a whole instance and write it in one step. If not, the reply to a
            write with ``If-Match`` or ``If-None-Match`` is a 501.
    """

    count: bool = True
    page: bool = True
    after: bool = True
    if_match: bool = True
