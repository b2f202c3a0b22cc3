"""``If-Match`` and ``If-None-Match`` against stored values."""

from __future__ import annotations

import pytest

from bzz.exceptions import PreconditionFailed
from bzz.lifecycle.preconditions import Precondition
from bzz.schema.etags import ANY_TAG, etag
from tests.support.schemas import ROWS

STORED = {"pk": 1, "name": "Ada"}
TAG = etag(ROWS, STORED)
OTHER = etag(ROWS, {"pk": 1, "name": "Bob"})


@pytest.mark.parametrize(
    "precondition",
    [
        Precondition(),
        Precondition(match=frozenset((OTHER, TAG))),
        Precondition(match=frozenset((ANY_TAG,))),
        Precondition(none_match=frozenset((OTHER,))),
        Precondition(match=frozenset((TAG,)), none_match=frozenset((OTHER,))),
    ],
)
def test_a_precondition_that_holds_raises_nothing(precondition: Precondition) -> None:
    precondition.check(ROWS, STORED)


@pytest.mark.parametrize(
    ("precondition", "name"),
    [
        (Precondition(match=frozenset((OTHER,))), "If-Match"),
        (Precondition(match=frozenset()), "If-Match"),
        (Precondition(none_match=frozenset((TAG,))), "If-None-Match"),
        (Precondition(none_match=frozenset((ANY_TAG,))), "If-None-Match"),
        (Precondition(match=frozenset((TAG,)), none_match=frozenset((TAG,))), "If-None-Match"),
    ],
)
def test_the_error_of_a_precondition_names_its_header_and_gives_the_entity_tag(
    precondition: Precondition, name: str
) -> None:
    with pytest.raises(PreconditionFailed, match=name) as caught:
        precondition.check(ROWS, STORED)
    assert caught.value.headers == {"ETag": TAG}
