"""Classes that cannot be served say why, and so do requests that lead to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.providers.sqlalchemy.conftest import Database
from tests.support.client import Api


class Odd(DeclarativeBase):
    pass


class Tag(Odd):
    __tablename__ = "tag"
    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    id: Mapped[int]


class Tagging(Odd):
    __tablename__ = "tagging"
    post_id: Mapped[int] = mapped_column(sa.ForeignKey("post.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    id: Mapped[int]


class Post(Odd):
    """Refers to classes that cannot be served."""

    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag_name: Mapped[str | None] = mapped_column(sa.ForeignKey("tag.name"))
    tag: Mapped[Tag | None] = relationship()
    taggings: Mapped[list[Tagging]] = relationship()


class Wrapped(Odd):
    __tablename__ = "wrapped"
    number: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int | None] = mapped_column(sa.ForeignKey("post.id"))
    id: Mapped[Post | None] = relationship()


class Binary(Odd):
    __tablename__ = "binary_key"
    key: Mapped[bytes] = mapped_column(primary_key=True)


class Partly(Odd):
    __tablename__ = "partly"
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[timedelta] = mapped_column(primary_key=True)


class Unmapped:
    pass


def store_tag(session: Session) -> None:
    session.add(Tag(name="a", id=1))
    session.commit()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Tag, r"Tag: the fields name and id both have the public name id; .* rename="),
        (Tagging, r"Tagging: the fields post_id~name and id both have the public name id; .* rename="),
        (Wrapped, r"Wrapped: the fields number and id both have the public name id; .* rename="),
        (Binary, r"Binary\.key .* cannot be identifiers"),
        (Partly, r"Partly\.key .* cannot be identifiers"),
        (Unmapped, r"Unmapped'> is no mapped class"),
        (Odd, r"Odd'> is no mapped class"),
    ],
)
def test_a_class_that_cannot_be_served_says_why(model: type, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        bzz.ModelHive(SQLAlchemyProvider(), model)


async def test_a_class_that_refers_to_one_that_cannot_be_served_is_served_without_it(
    api: Api, database: Database
) -> None:
    await database.create(Odd)
    api.mount(bzz.Api([bzz.ModelHive(SQLAlchemyProvider(database.factory), Post)]).routes())
    await database.run(store_tag)
    assert await api.create("/post", tag="a") == {"id": "1", "tag": "a"}
    for path, status in (
        ("/post", 200),
        ("/post?tag=a", 200),
        ("/post/1/tag", 404),
        ("/post/1/taggings", 404),
        ("/post?expand=tag", 400),
        ("/post/1?fields=taggings", 400),
        ("/post?taggings__exists=true", 400),
    ):
        assert (await api("GET", path)).status == status, path
    assert (await api("PATCH", "/post/1", json_body={"taggings": []})).status == 400
    assert (await api("PATCH", "/post/1", json_body={"tag": None})).json == {"id": "1", "tag": None}


async def test_automap_leaves_out_tables_without_a_primary_key(api: Api, database: Database) -> None:
    def reflect(session: Any) -> Any:
        session.execute(sa.text("CREATE TABLE keyless (text VARCHAR(9))"))
        session.execute(sa.text("CREATE TABLE keyed (text VARCHAR(9) PRIMARY KEY)"))
        base = automap_base()
        base.metadata.reflect(session.connection(), only=["keyless", "keyed"])
        base.prepare()
        session.commit()
        return [*base.classes]

    [keyed] = await database.run(reflect)
    api.mount(bzz.ModelHive.routes_for(SQLAlchemyProvider(database.factory), keyed))
    assert await api.create("/keyed", text="a/b") == {"id": "a/b"}
    assert (await api("GET", "/keyed/a%2Fb")).json == {"id": "a/b"}
