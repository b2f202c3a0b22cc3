"""Transactions: the changes of receivers that a call commits, and those it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import bzz
from bzz.exceptions import Conflict, Forbidden
from bzz.providers.sqlalchemy.transactions import expunge_new
from bzz.signals import (
    post_create_instance,
    post_get_instance,
    post_get_list,
    pre_associate,
    pre_create_instance,
    pre_update_instance,
    request_failed,
)
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import DRIVERS, connected, url
from tests.providers.sqlalchemy.models import Author, Book, Priced
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    friend_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


class Twin(Base):
    __tablename__ = "twin"
    id: Mapped[int] = mapped_column(primary_key=True)
    twin_id: Mapped[int | None] = mapped_column(sa.ForeignKey("twin.id"))
    twins: Mapped[list[Twin]] = relationship(back_populates="twin", cascade="all")
    twin: Mapped[Twin | None] = relationship(back_populates="twins", cascade="all", remote_side="Twin.id")


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_receiver_of_request_failed_gets_the_instance_as_it_was(driver: str, tmp_path: Path) -> None:
    told: list[tuple[str, str, int | None]] = []

    @request_failed.connect_via(User)
    def tell(sender: Any, act: str, instance: User) -> None:
        told.append((act, instance.name, instance.friend_id))

    async with connected(url(driver, tmp_path), Base.metadata) as factory:
        users = bzz.ModelHive("sqlalchemy", User, session_factory=factory)
        ada = await users.create({"name": "Ada"})
        bob = await users.create({"name": "Bob", "friend_id": ada.id})
        with pytest.raises(Conflict):
            await users.update(bob.id, {"name": "Ada", "friend_id": None})
        with pytest.raises(Conflict):
            await users.delete(ada.id)
        await users.close()
    assert told == [("update", "Bob", 1), ("delete", "Ada", None)]


async def test_changes_of_receivers_in_the_unit_are_stored_with_the_write_or_not_at_all(
    sql: Api, database: Database
) -> None:
    def audit(sender: Any, unit: Any, data: dict[str, Any]) -> None:
        unit.add(Book(title=f"about {data['name']}"))
        if data["name"] == "Eve":
            raise Forbidden("Not her.")

    with pre_create_instance.connected_to(audit, sender=Author):
        assert (await sql("POST", "/author", json_body={"name": "Ada"})).status == 201
        assert (await sql("POST", "/author", json_body={"name": "Eve"})).status == 403
        assert (await sql("POST", "/author", json_body={"name": "Nobody"})).status == 400
    assert [book["title"] for book in (await sql("GET", "/book")).json] == ["about Ada"]
    assert [author["name"] for author in (await sql("GET", "/author")).json] == ["Ada"]

    def rename(sender: Any, unit: Any, instance: Author) -> None:
        instance.name = "scribbled"
        unit.add(Book(title="with the update"))

    with pre_update_instance.connected_to(rename):
        assert (await sql("PUT", "/author/1", json_body={})).json["name"] == "Ada"
    assert [book["title"] for book in (await sql("GET", "/book?sort=id")).json][1:] == ["with the update"]


async def test_changes_to_instances_that_were_read_are_shown_and_not_stored(sql: Api) -> None:
    await sql.create("/author", name="Ada")
    await sql.create("/book", title="Flatland", author="1")

    def mask(sender: Any, instance: Any) -> None:
        instance.name = "***"

    def mask_all(sender: Any, items: list[Any]) -> None:
        for item in items:
            item.name = "***"
        items.append(Author(id=7, name="made up"))

    with post_get_instance.connected_to(mask), post_get_list.connected_to(mask_all, sender=Author):
        shown = (await sql("GET", "/author/1?expand=books")).json
        assert (shown["name"], [book["title"] for book in shown["books"]]) == ("***", ["Flatland"])
        assert [one["name"] for one in (await sql("GET", "/author")).json] == ["***", "made up"]
    assert (await sql("GET", "/author/1")).json["name"] == "Ada"


async def test_the_post_signal_comes_after_the_commit(sql: Api, database: Database) -> None:
    seen: list[Any] = []

    async def look(sender: Any, instance: Author, unit: Any) -> None:
        seen.append((unit, (await sql("GET", f"/author/{instance.id}")).json["name"]))

    with post_create_instance.connected_to(look):
        await sql.create("/author", name="Ada")
    assert seen == [(None, "Ada")]


async def test_a_read_before_a_write_neither_commits_nor_holds_a_connection(sql: Api, database: Database) -> None:
    await sql.create("/author", name="Ada")
    pool: Any = database.sync_engine.pool
    seen: list[int] = []

    def look(sender: Any) -> None:
        seen.append(pool.checkedout())

    with pre_update_instance.connected_to(look):
        assert (await sql("PUT", "/author/1", json_body={"mentor": "1"})).status == 200
    assert seen == [0]

    def add(sender: Any, unit: Any) -> None:
        unit.add(Book(title="of a refused one"))

    with pre_create_instance.connected_to(add, sender=Author):
        assert (await sql("POST", "/author", json_body={"name": "Eve", "mentor": "7"})).status == 400
    assert (await sql("GET", "/book")).json == []


async def test_a_receiver_may_change_an_instance_that_it_loads_in_the_unit(sql: Api, database: Database) -> None:
    await sql.create("/priced", name="Tea", net=1)

    async def count(sender: Any, instance: Priced, unit: Any) -> None:
        own = await (unit.get(Priced, 1) if database.is_async else bzz.in_pool(unit.get, Priced, 1))
        own.touched += 10

    with pre_update_instance.connected_to(count):
        assert (await sql("PUT", "/priced/1", json_body={"net": 2})).json["touched"] == 10


async def test_changes_of_a_receiver_to_the_instance_itself_are_never_stored(sql: Api) -> None:
    for name in ("Ada", "Bob"):
        await sql.create("/author", name=name)

    def scribble(sender: Any, instance: Author) -> None:
        instance.name = "scribbled"

    with pre_update_instance.connected_to(scribble), pre_associate.connected_to(scribble):
        assert (await sql("PUT", "/author/1", json_body={"mentor": "2"})).json["name"] == "Ada"
        assert (await sql("PUT", "/author/1", json_body={"mentor": "7"})).status == 400
        assert (await sql("POST", "/author/1/friends", json_body={"friends": ["2"]})).status == 201

    async def scribble_and_look(sender: Any, instance: Author, unit: Any) -> None:
        instance.name = "scribbled"
        unit.add(Author(name="Eve"))

    with pre_update_instance.connected_to(scribble_and_look):
        assert (await sql("PUT", "/author/1", json_body={"mentor": None})).json["name"] == "Ada"
        assert (await sql("PUT", "/author/1", json_body={"mentor": "1"})).json["mentor"] == "1"
    assert [one["name"] for one in (await sql("GET", "/author?sort=id")).json] == ["Ada", "Bob", "Eve", "Eve"]


async def test_a_read_removes_from_the_unit_what_it_has_loaded_and_nothing_else(database: Database) -> None:
    await database.create(Base)

    def read(session: Session) -> list[bool]:
        session.add_all([User(name="Ada"), User(name="Bob"), Twin(id=1), Twin(id=2, twin_id=1)])
        session.commit()
        session.expunge_all()
        ada, known = session.get_one(User, 1), [*session.identity_map.keys()]
        bob, twin = session.get_one(User, 2), session.get_one(Twin, 2)
        assert twin.twin is not None
        assert twin.twin.twins == [twin], "each is removed with the other"
        expunge_new(session, known)
        left = [one in session for one in (ada, bob, twin)]
        expunge_new(session, ())
        session.add_all([ada, eve := User(name="Eve")])
        expunge_new(session, ())
        return [*left, ada in session, eve in session]

    assert await database.run(read) == [True, False, False, False, True]
