"""What bzz shows of a schema is what SQLAlchemy's session says of it."""

from __future__ import annotations

import pytest

from tests.providers.sqlalchemy.compared import reading, searching
from tests.providers.sqlalchemy.compared.conftest import DATABASES, Served
from tests.providers.sqlalchemy.compared.oracle import names

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", DATABASES, indirect=True)]


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_each_list_is_the_same_by_links_and_by_pages(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    await comparison.all(reading.lists(served, await served.world()), walked=True)
    assert comparison.differences == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_each_instance_is_the_same(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    await comparison.all(reading.instances(served, await served.world()))
    assert comparison.differences == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_each_relation_leads_to_the_same_instances(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    world = await served.world()
    await comparison.all(reading.paths_to_one(served, world))
    await comparison.all(reading.paths_to_many(served, world), walked=True)
    await comparison.all(reading.deep_paths(served, world), walked=True)
    assert comparison.differences == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_fields_show_the_same_members(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    world = await served.world()
    await comparison.all(reading.shown_fields(served, world))
    await comparison.all(reading.expanded(served, world))
    await comparison.all(reading.lists_with_relations(served, world), walked=True)
    assert comparison.differences == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_lists_have_the_same_order_by_each_column(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    expected = await served.database.run(lambda session: [*searching.sorted_lists(served, session)])
    await comparison.all(expected, walked=True)
    assert comparison.differences == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_filters_find_the_same_instances(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    expected = await served.database.run(lambda session: [*searching.filtered_lists(served, session)])
    await comparison.all(expected)
    expected = await served.database.run(lambda session: [*searching.lists_by_member(served, session)])
    await comparison.all(expected)
    assert comparison.differences == []


@pytest.mark.gen_test(timeout=300)  # many requests
async def test_a_list_is_sorted_by_no_relation(served: Served) -> None:
    comparison = reading.Comparison(served.api)
    paths = [served.path(model) + f"?sort={name}" for model in served.models for name in names(model)]
    await comparison.all((path, 400) for path in paths)
    assert comparison.differences == []
