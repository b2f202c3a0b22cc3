"""Association tables whose sides have composite primary keys."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.exceptions import Invalid
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.units import Writer


class Base(DeclarativeBase):
    pass


tag_of_page = sa.Table(
    "tag_of_page",
    Base.metadata,
    sa.Column("site", sa.Integer, primary_key=True),
    sa.Column("page", sa.Integer, primary_key=True),
    sa.Column("tag", sa.Integer, primary_key=True),
    sa.ForeignKeyConstraint(["site", "page"], ["page.site", "page.number"]),
    sa.ForeignKeyConstraint(["site", "tag"], ["tag.site", "tag.number"]),
)


class Page(Base):
    """Has tags of its own site, because the association table contains one site alone."""

    __tablename__ = "page"
    site: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tags: Mapped[list[Tag]] = relationship(secondary=tag_of_page)


class Tag(Base):
    __tablename__ = "tag"
    site: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


@pytest.fixture
def write(database: Database, io_loop: Any) -> Writer:
    """Page 1 and the tags 1 to 3 of the sites 1 and 2."""
    write = Writer(database)

    async def fill() -> None:
        await database.create(Base)
        await write(*(write.create(Page, site=site, number=1) for site in (1, 2)))
        await write(*(write.create(Tag, site=site, number=number) for site in (1, 2) for number in (1, 2, 3)))

    io_loop.run_sync(fill)
    return write


async def test_members_with_composite_keys_join_and_leave(write: Writer) -> None:
    await write.alone(write.update(Page, "2~1", tags=[(2, 1)]))
    for tags in ([(1, 1), (1, 2)], [(1, 2), (1, 3)], [], [(1, 1)]):
        assert (await write.alone(write.update(Page, "1~1", tags=tags))).values["tags"] == tags
    assert (await write.values(Page, "2~1", tags=None))["tags"] == [(2, 1)]


async def test_a_member_that_a_shared_column_keeps_out_is_named(write: Writer) -> None:
    with pytest.raises(Invalid) as caught:
        await write.alone(write.update(Page, "1~1", tags=[(1, 1), (2, 2)]))
    assert caught.value.errors == {"tags": ["2~2 has another site, which is part of its key"]}
    for key in ("1~1", "2~1"):
        assert (await write.values(Page, key, tags=None))["tags"] == []
