"""Walks over rows that other programs have written in forms of their own."""

from __future__ import annotations

from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.readings import FIELDS, Base, Reading, fill
from tests.support.client import Api
from tests.support.teams import walk


async def test_a_walk_by_each_field_in_each_direction_meets_each_row_once(api: Api, database: Database) -> None:
    await mount(api, database, Base, Reading)
    count = await fill(database)
    for order in [*FIELDS, *(f"-{name}" for name in FIELDS), "at,-price", "-token,number,-id"]:
        met = await walk(api, f"/reading?per_page=5&sort={order}")
        assert sorted(met, key=int) == [str(index) for index in range(count)], order
        listed = (await api("GET", f"/reading?per_page=100&sort={order}")).json
        assert met == [row["name"] for row in listed], order
