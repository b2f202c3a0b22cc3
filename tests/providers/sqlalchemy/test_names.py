"""Classes with a column ``id`` that is not the primary key, and renamed fields."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.exceptions import Invalid
from bzz.providers import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import pre_associate, pre_create_instance, pre_get_list, pre_update_instance
from bzz.testing.client import Client
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tag"
    name: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    id: Mapped[int | None] = mapped_column(unique=True)
    posts: Mapped[list[Post]] = relationship(back_populates="tag")


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    tag_name: Mapped[str | None] = mapped_column(sa.ForeignKey("tag.name"))
    tag: Mapped[Tag | None] = relationship(back_populates="posts")


@pytest.fixture
def blog(api: Api, database: Database, io_loop: Any) -> Api:
    io_loop.run_sync(lambda: mount(api, database, Base))
    api.mount(
        bzz.ModelHive.routes_for(
            "sqlalchemy",
            Tag,
            session_factory=database.factory,
            rename={"id": "number", "posts": "articles"},
            sort="-id",
        ),
        bzz.ModelHive.routes_for("sqlalchemy", Post, session_factory=database.factory, rename={"tag": "label"}),
    )
    return api


async def test_a_class_with_another_column_id_is_served_under_public_names(blog: Client) -> None:
    assert await blog.create("/tag", id="red", number=5) == {"id": "red", "number": 5}
    await blog.create("/tag", id="blue", number=7)
    assert [tag["id"] for tag in (await blog("GET", "/tag")).json] == ["blue", "red"]
    assert [tag["id"] for tag in (await blog("GET", "/tag?sort=number&number__gt=5&fields=id")).json] == ["blue"]
    assert (await blog("GET", "/tag?id=red")).json == [{"id": "red", "number": 5}]
    assert (await blog("PATCH", "/tag/red", form={"number": "6"})).json == {"id": "red", "number": 6}
    taken = await blog("PATCH", "/tag/red", json_body={"number": 7})
    assert (taken.status, taken.json["errors"]) == (409, {"number": ["is taken"]})
    taken = await blog("POST", "/tag", json_body={"id": "green", "number": 7})
    assert (taken.status, taken.json["errors"]) == (409, {"number": ["is taken"]})
    unnamed = await blog("POST", "/tag", json_body={"number": 8})
    assert (unnamed.status, unnamed.json["errors"]) == (400, {"id": ["is required"]})


async def test_a_list_in_the_order_of_a_renamed_field_is_walked(blog: Client) -> None:
    for number, name in enumerate(("a", "b", "c")):
        await blog.create("/tag", id=name, number=number)
    page = await blog("GET", "/tag?per_page=2&sort=-number")
    [following] = [part for part in page.headers["Link"].split(", ") if 'rel="next"' in part]
    path = following[1 : following.index(">")]
    assert [tag["id"] for tag in (await blog("GET", path)).json] == ["a"]


async def test_renamed_relations_are_segments_fields_and_expansions(blog: Client) -> None:
    await blog.create("/tag", id="red", number=5)
    post = await blog.create("/post", label="red", title="x")
    assert post["label"] == "red"
    assert (await blog("GET", f"/post/{post['id']}/label")).json == {"id": "red", "number": 5}
    assert (await blog("GET", f"/post/{post['id']}?expand=label")).json["label"]["number"] == 5
    assert [held["title"] for held in (await blog("GET", "/tag/red/articles")).json] == ["x"]
    shown = await blog("GET", "/tag/red?fields=articles&expand=articles")
    assert [held["title"] for held in shown.json["articles"]] == ["x"]
    assert shown.headers["ETag"].endswith('.articles"')
    assert (await blog("GET", "/post?expand=label.articles")).json[0]["label"]["articles"][0]["label"] == "red"
    other = await blog.create("/post")
    joined = await blog("POST", "/tag/red/articles", json_body={"articles": [other["id"]]})
    assert (joined.status, joined.json["label"]) == (201, "red")
    refused = await blog("POST", "/post", json_body={"label": "nope"})
    assert (refused.status, refused.json["errors"]) == (400, {"label": ["there is no Tag nope"]})
    assert (await blog("GET", "/tag/red/posts")).status == 404


async def test_receivers_use_the_names_of_the_model(blog: Client) -> None:
    told: list[Any] = []

    @pre_create_instance.connect_via(Tag)
    async def number(sender: Any, data: Any) -> None:
        told.append(dict(data))
        data["id"] = 9

    @pre_update_instance.connect_via(Tag)
    async def note(sender: Any, updated_fields: Any) -> None:
        told.append(await updated_fields() if callable(updated_fields) else updated_fields)

    @pre_get_list.connect_via(Tag)
    def narrow(sender: Any, query: Any) -> None:
        query.where.append(Condition("id", "gt", 8))

    @pre_associate.connect_via(Tag)
    def joins(sender: Any, field: str) -> None:
        told.append(field)

    assert await blog.create("/tag", id="red", number=5) == {"id": "red", "number": 9}
    await blog("PATCH", "/tag/red", json_body={"number": 8})
    assert (await blog("GET", "/tag")).json == []
    post = await blog.create("/post")
    await blog("POST", "/tag/red/articles", json_body={"articles": [post["id"]]})
    assert told == [{"name": "red", "id": 5}, {"id": {"from": 9, "to": 8}}, "posts"]


async def test_plain_code_uses_the_names_of_the_model(database: Database, api: Api) -> None:
    await mount(api, database, Base)
    tags = bzz.ModelHive("sqlalchemy", Tag, session_factory=database.factory, rename={"id": "number"})
    red = await tags.create({"name": "red", "id": 5})
    assert (red.name, red.id) == ("red", 5)
    assert [tag.name for tag in await tags.list(id=5)] == ["red"]
    assert [tag.name for tag in await tags.list(name="red")] == ["red"]
    assert await tags.list("red", "posts") == []
    with pytest.raises(Invalid) as caught:
        await tags.create({"name": "blue", "number": 5})
    assert caught.value.errors == {"number": ["unknown field"]}


async def test_a_class_may_refer_to_a_class_with_another_column_id(api: Api, database: Database) -> None:
    await mount(api, database, Base, Post)
    api.mount(bzz.ModelHive.routes_for(SQLAlchemyProvider(database.factory), Tag, rename={"id": "number"}))
    factory = bzz.ModelHive("sqlalchemy", Tag, session_factory=database.factory, rename={"id": "number"})
    await factory.create({"name": "red", "id": 5})
    post = await api.create("/post", tag="red")
    assert post["tag"] == "red"
    assert (await api("GET", f"/post/{post['id']}/tag")).status == 200
    assert (await api("GET", "/post?expand=tag")).json[0]["tag"] == {"id": "red", "number": 5}
