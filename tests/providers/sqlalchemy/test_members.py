"""Members that join and leave, over HTTP."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import bzz
from bzz.exceptions import Conflict, Invalid
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.members import change_members
from bzz.signals import post_associate, post_delete_instance
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.models import Author, Draft
from tests.providers.sqlalchemy.samples import authors, shown
from tests.support.client import Api


async def test_one_to_many_members_join_and_leave_by_their_foreign_key(sql: Api) -> None:
    await authors(sql)
    for title in ("A", "B", "C"):
        await sql.create("/book", title=title, author="2" if title == "C" else None)
    with capture(post_associate) as sent:
        joined = await sql("POST", "/author/1/books", json_body={"books": ["1", "2"]})
        moved = await sql("POST", "/author/1/books", json_body={"books": ["3", "1"]})
    assert [book["author"] for book in joined.json + moved.json] == ["1"] * 4
    assert [one.keywords["instance"].title for one in sent] == ["A", "B", "C"]
    assert shown(await sql("GET", "/author/1/books?sort=-title")) == ["C", "B", "A"]
    assert (await sql("DELETE", "/author/1/books/2")).status == 204
    assert (await sql("GET", "/book/2")).json["author"] is None
    assert shown(await sql("GET", "/author/1/books?title__gte=B&count=true")) == ["C"]
    refused = await sql("PUT", "/author/1", json_body={"books": ["2"], "shown_books": []})
    assert refused.json["errors"] == {
        "books": ["is stored in Book; use POST and DELETE at the path of the field, .../books"],
        "shown_books": ["is stored in Book"],
    }


async def test_a_member_that_its_parent_owns_is_deleted_when_it_leaves_but_may_join_another(sql: Api) -> None:
    await authors(sql)
    await sql.create("/author", name="Di")
    made = await sql("POST", "/draft", json_body={"name": "One"})
    assert (made.status, list(made.json["errors"])) == (400, ["author_id"])
    draft = await sql.create("/draft", name="One", author_id=1)
    with capture(post_delete_instance) as sent:
        assert (await sql("DELETE", f"/author/1/drafts/{draft['id']}")).status == 204
    assert [(one.sender, one.keywords["instance"].name) for one in sent] == [(Draft, "One")]
    assert (await sql("GET", "/draft")).json == []
    draft = await sql.create("/draft", name="One", author_id=1)
    assert (await sql("POST", "/author/2/drafts", json_body={"drafts": [draft["id"]]})).status == 201
    assert shown(await sql("GET", "/author/2/drafts")) == ["One"]
    assert shown(await sql("GET", "/draft")) == ["One"]


async def test_of_concurrent_joins_and_leaves_each_takes_effect_once(sql: Api) -> None:
    for number in range(12):
        await sql.create("/author", name=f"a{number}")
    joins = [sql("POST", "/author/1/friends", json_body={"friends": [str(n % 6 + 2)]}) for n in range(12)]
    replies = await asyncio.gather(*joins)
    assert sorted(reply.status for reply in replies) == [200] * 6 + [201] * 6
    leaves = await asyncio.gather(*(sql("DELETE", f"/author/1/friends/{n % 6 + 2}") for n in range(12)))
    assert sorted(reply.status for reply in leaves) == [204] * 6 + [404] * 6
    assert shown(await sql("GET", "/author/1/friends")) == []


@pytest.mark.parametrize("path", ["/author/1/friends", "/author/1"])
async def test_a_member_that_does_not_exist_is_named(sql: Api, path: str) -> None:
    await authors(sql)
    refused = await sql("PUT" if path == "/author/1" else "POST", path, json_body={"friends": ["7"]})
    assert (refused.status, [name.partition(".")[0] for name in refused.json["errors"]]) == (400, ["friends"])


async def test_a_member_that_another_request_moved_keeps_its_new_parent(sql: Api) -> None:
    for name in ("Ada", "Bob"):
        await sql.create("/author", name=name)
    await sql.create("/book", title="A", author="1")
    for _ in range(10):
        await sql("PUT", "/book/1", json_body={"author": "1"})
        left, moved = await asyncio.gather(
            sql("DELETE", "/author/1/books/1"), sql("POST", "/author/2/books", json_body={"books": ["1"]})
        )
        assert left.status in (204, 404)
        assert moved.status == 201
        assert (await sql("GET", "/book/1")).json["author"] == "2", "no order of the two would have it without any"


async def test_members_are_loaded_again_under_the_lock(sql: Api, database: Database) -> None:
    for name in ("Ada", "Bob"):
        await sql.create("/author", name=name)
    await sql.create("/book", title="A", author="1")
    books = SQLAlchemyProvider(database.factory).mapped_class(Author).relations["books"]

    async def change(before: list[int], after: list[int]) -> None:
        def perform(session: Session) -> None:
            change_members(session, books, session.get(Author, 2), before, after)
            session.commit()

        session = database.factory()
        try:
            await (session.run_sync(perform) if database.is_async else asyncio.to_thread(perform, session))
        finally:
            await (session.close() if database.is_async else asyncio.to_thread(session.close))

    await change([1], [])
    assert (await sql("GET", "/book/1")).json["author"] == "1", "it had never been the other's"
    with pytest.raises(Invalid, match="there is no Book 7"):
        await change([], [7])


async def test_a_member_without_an_identifier_has_no_location(api: Api, database: Database) -> None:
    class Other(DeclarativeBase):
        pass

    class Card(Other):
        __tablename__ = "card"
        id: Mapped[int] = mapped_column(primary_key=True)
        slug: Mapped[str | None]
        deck_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deck.id"))

        @classmethod
        def get_id_field_name(cls) -> str:
            return "slug"

    class Deck(Other):
        __tablename__ = "deck"
        id: Mapped[int] = mapped_column(primary_key=True)
        cards: Mapped[list[Card]] = relationship()

    await mount(api, database, Other, Card, Deck)
    await api.create("/deck")
    for key, slug in ((1, None), (2, "ace")):
        created = await api("POST", "/card", json_body={"slug": slug})
        assert created.headers.get("Location") == (slug and f"/card/{slug}/")
        joined = await api("POST", "/deck/1/cards", json_body={"cards": [str(key)]})
        assert (joined.status, joined.headers.get("Location")) == (201, slug and f"/deck/1/cards/{slug}/")


class Owning(DeclarativeBase):
    pass


owned_tag = sa.Table(
    "owned_tag",
    Owning.metadata,
    sa.Column("club", sa.ForeignKey("owning_club.id"), primary_key=True),
    sa.Column("tag", sa.ForeignKey("owning_tag.id"), primary_key=True),
)


class Club(Owning):
    """Owns members by each kind of relation."""

    __tablename__ = "owning_club"
    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owning_page.id"))
    page: Mapped[Page | None] = relationship(cascade="all, delete-orphan", single_parent=True, back_populates="club")
    tags: Mapped[list[Tag]] = relationship(
        secondary=owned_tag, cascade="all, delete-orphan", single_parent=True, back_populates="clubs"
    )
    rules: Mapped[list[Rule]] = relationship(cascade="all, delete-orphan")


class Page(Owning):
    __tablename__ = "owning_page"
    id: Mapped[int] = mapped_column(primary_key=True)
    club: Mapped[Club | None] = relationship(back_populates="page", uselist=False)


class Tag(Owning):
    __tablename__ = "owning_tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    clubs: Mapped[list[Club]] = relationship(secondary=owned_tag, back_populates="tags")


class Rule(Owning):
    __tablename__ = "owning_rule"
    id: Mapped[int] = mapped_column(primary_key=True)
    club_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owning_club.id"))


async def test_a_member_that_the_orm_would_delete_does_not_leave(api: Api, database: Database) -> None:
    await mount(api, database, Owning, Club, Page, Tag, Rule)
    for path in ("/page", "/page", "/tag", "/tag"):
        await api.create(path)
    await api.create("/club")
    assert (await api("PATCH", "/club/1", json_body={"page": "1", "tags": ["1"]})).status == 200
    refused = [
        await api("DELETE", "/club/1/page"),
        await api("POST", "/club/1/page", json_body={"page": "2"}),
        await api("PATCH", "/club/1", json_body={"page": "2"}),
        await api("PUT", "/club/1", form="page="),
        await api("DELETE", "/page/1/club"),
        await api("DELETE", "/club/1/tags/1"),
        await api("PATCH", "/club/1", json_body={"tags": ["2"]}),
        await api("DELETE", "/tag/1/clubs/1"),
        await api("PATCH", "/tag/1", json_body={"clubs": []}),
    ]
    assert [reply.status for reply in refused] == [409] * 9
    assert [*refused[0].json["errors"]] == ["page"]
    shown = (await api("GET", "/club/1?fields=page,tags")).json
    assert shown == {"page": "1", "tags": ["1"]}
    joined = await api("PATCH", "/club/1?fields=page,tags", json_body={"page": "1", "tags": ["1", "2"]})
    assert joined.json == {"page": "1", "tags": ["1", "2"]}
    assert (await api("DELETE", "/club/1")).status == 204
    assert [(await api("GET", path)).json for path in ("/page", "/tag")] == [[{"id": "2"}], []]


async def test_plain_code_leaves_no_orphans_either(api: Api, database: Database) -> None:
    await database.create(Owning)
    clubs = bzz.ModelHive("sqlalchemy", Club, session_factory=database.factory)
    pages = bzz.ModelHive("sqlalchemy", Page, session_factory=database.factory)
    await pages.create({})
    await clubs.create({"page": 1})
    for refused in (clubs.update(1, {"page": None}), clubs.dissociate(1, "page"), pages.dissociate(1, "club")):
        with pytest.raises(Conflict):
            await refused
    assert (await clubs.get(1)).page_id == 1
