"""What a query may not ask of a store."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.providers.capabilities import Capabilities
from bzz.providers.conditions import Condition
from bzz.providers.values import Query
from bzz.query.limits import check_query
from tests.support.client import Api
from tests.support.little import FewKeys, Item, Unsorted


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Query(count=True), "query.count is not supported by the store of this list"),
        (Query(page=2), "query.page is not supported by the store of this list"),
        (Query(sort=[("name", True)]), "query.sort is not supported by the store of this list"),
        (Query(where=[Condition("id", "nin", [1, 2])]), "the condition on id takes at most 1 values, not 2"),
    ],
)
def test_a_receiver_cannot_ask_for_what_a_store_cannot_do(query: Query, text: str) -> None:
    able = Capabilities(count=False, page=False, sort=False, token=True, keys=1)
    with pytest.raises(ValueError, match=text):
        check_query(able, query)


def test_a_query_within_the_limits_is_allowed() -> None:
    check_query(Capabilities(keys=2), Query(page=2, count=True, where=[Condition("id", "in", [1, 2])]))


async def test_a_receiver_that_asks_for_too_much_is_an_error_of_the_application(api: Api) -> None:
    hives = [bzz.ModelHive(FewKeys(), Item), bzz.ModelHive(Unsorted(), Item)]
    api.mount(hives[0].routes())

    @signals.pre_get_list.connect
    def ask(sender: Any, query: Query, hive: Any) -> None:
        if hive is hives[0]:
            query.where.append(Condition("id", "in", ["1", "2", "3", "4"]))
        else:
            query.sort = [("name", False)]

    assert (await api("GET", "/item")).status == 500
    for hive, text in zip(hives, ("the condition on id takes at most 3 values, not 4", "query.sort"), strict=True):
        with pytest.raises(ValueError, match=text):
            await hive.list()
