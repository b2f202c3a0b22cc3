"""Mapped classes over HTTP, on each database there is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import bzz
from bzz.exceptions import Forbidden, Unavailable
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import ActState
from bzz.signals import (
    post_create_instance,
    post_get_instance,
    post_get_list,
    post_update_instance,
    pre_create_instance,
    pre_update_instance,
    request_failed,
)
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, ended, mount
from tests.providers.sqlalchemy.models import Author, Book, Priced
from tests.support.client import Api


async def test_what_the_database_makes_of_a_row_is_in_the_reply_and_in_the_diff(sql: Api) -> None:
    made = await sql.create("/priced", name="Tea", net=10)
    assert made == {
        "id": "1",
        "name": "Tea",
        "net": 10,
        "gross": 20,
        "made_by": "the database",
        "touched": 0,
        "revision": 1,
        "half": 5,
        "label": "Tea!",
        "opaque": "  Tea",
    }
    with capture(post_update_instance) as sent:
        changed = await sql("PUT", "/priced/1", json_body={"name": "Coffee", "net": 20})
    assert changed.json == made | {
        "name": "Coffee",
        "net": 20,
        "gross": 40,
        "touched": 1,
        "revision": 2,
        "half": 10,
        "label": "Coffee!",
        "opaque": "Coffee",
    }
    told = sent[0].keywords["updated_fields"]
    assert sorted(told) == ["gross", "half", "label", "name", "net", "opaque", "revision", "touched"]
    assert (await sql("GET", "/priced/1")).json == changed.json
    for name, value in (("gross", 1), ("half", 1), ("label", "x"), ("revision", 9)):
        assert (await sql("PUT", "/priced/1", json_body={name: value})).json["errors"] == {name: ["is read-only"]}
    assert [one["id"] for one in (await sql("GET", "/priced?gross=40&half__gte=10&label=Coffee!")).json] == ["1"]


async def test_what_changes_nothing_writes_nothing(sql: Api, database: Database) -> None:
    await sql.create("/priced", name="Tea", net=10)
    database.statements.clear()
    assert (await sql("PUT", "/priced/1", json_body={"name": "Tea"})).json["revision"] == 1
    assert not [one for one in database.statements if "UPDATE priced SET name" in one]


async def test_inherited_classes_are_served_as_themselves_and_as_their_base(sql: Api) -> None:
    dog = await sql.create("/dog", name="Rex", tricks=3)
    cat = await sql.create("/cat", name="Tom", naps=9)
    assert (dog["kind"], dog["tricks"], cat["kind"], cat["naps"]) == ("dog", 3, "cat", 9)
    assert (await sql("GET", "/animal?sort=name")).json == [
        {"id": dog["id"], "kind": "dog", "name": "Rex"},
        {"id": cat["id"], "kind": "cat", "name": "Tom"},
    ]
    assert (await sql("GET", "/dog")).json == [dog]
    assert (await sql("GET", f"/dog/{cat['id']}")).status == 404
    changed = await sql("PUT", f"/dog/{dog['id']}", json_body={"name": "Max", "tricks": 4})
    assert (changed.json["name"], changed.json["tricks"]) == ("Max", 4)
    assert (await sql("PUT", f"/animal/{dog['id']}", json_body={"kind": "cat"})).status == 400
    assert (await sql("DELETE", f"/animal/{dog['id']}")).status == 204
    assert (await sql("GET", "/dog")).json == []


async def test_classes_mapped_as_dataclasses_are_made_by_their_constructors(sql: Api) -> None:
    assert (await sql("POST", "/shelf", json_body={})).json["errors"] == {"name": ["is required"]}
    shelf = await sql.create("/shelf", name="Top")
    item = await sql.create("/item", name="Cup", shelf=shelf["id"], note="blue")
    assert item == {"id": "1", "name": "Cup", "count": 1, "note": "blue", "shelf": "1"}
    assert (await sql("POST", "/item", json_body={"name": "Jar"})).json["errors"] == {"shelf": ["is required"]}
    assert (await sql("POST", "/item", json_body={"name": "Jar", "shelf": None})).json["shelf"] is None


async def test_the_models_own_constructor_and_validators_have_their_say(sql: Api) -> None:
    assert (await sql.create("/careful", name="Tom"))["id"] == "tom"
    assert (await sql.create("/careful", id="t2", name="Tom"))["id"] == "t2"
    bad = await sql("POST", "/careful", json_body={"name": "Bad"})
    assert (bad.status, bad.json["detail"]) == (400, "A careful one is not bad.")
    assert (await sql("POST", "/author", json_body={"name": "Nobody"})).json["errors"] == {"name": ["is nobody"]}
    await sql.create("/author", name="Ada")
    assert (await sql("PUT", "/author/1", json_body={"name": "Nobody"})).json["errors"] == {"name": ["is nobody"]}


async def test_a_read_is_one_statement_and_a_write_as_few_as_it_takes(sql: Api, database: Database) -> None:
    await sql.create("/author", name="Ada")
    for method, path, body, number in (
        ("GET", "/author/1", None, 1),
        ("GET", "/author", None, 1),
        ("GET", "/author?count=true", None, 2),
        ("POST", "/author", {"name": "Bob"}, 2),
        ("PUT", "/author/1", {"name": "Eve"}, 3),
    ):
        database.statements.clear()
        assert (await sql(method, path, json_body=body)).status in (200, 201)
        asked = [one for one in database.statements if "0 = 1" not in one]  # but for SQLite's lock
        assert len(asked) == number, asked


async def test_what_receivers_do_in_the_unit_is_stored_with_the_write_or_not_at_all(
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


async def test_a_request_has_one_session_that_is_closed_in_the_end(api: Api, database: Database) -> None:
    sessions: list[Any] = []
    closed: list[Any] = []

    def factory() -> Any:
        session = database.factory()
        sync = session.sync_session if database.is_async else session
        close = sync.close

        def note() -> None:
            closed.append(session)
            close()

        sync.close = note
        sessions.append(session)
        return session

    api.mount(*(bzz.ModelHive.routes_for(SQLAlchemyProvider(factory), model) for model in (Author, Book)))
    await api.create("/author", name="Ada")
    assert (len(sessions), closed[-1]) == (1, sessions[0])
    await api.create("/book", title="Flatland", author="1")
    for path in ("/author/1", "/author/1/books/1", "/author?expand=books.author", "/author/7"):
        sessions.clear()
        await api("GET", path)
        assert (len(sessions), closed[-1]) == (1, sessions[0]), path


async def test_what_is_read_may_be_changed_for_the_reply_and_is_not_stored(sql: Api) -> None:
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


async def test_an_application_may_have_its_own_session_factory(api: Api, database: Database) -> None:
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Author))
    assert (await api("GET", "/author")).status == 500, "there is none"
    api.app.settings["session_factory"] = database.factory
    assert (await api.create("/author", name="Ada"))["id"] == "1"
    with pytest.raises(RuntimeError, match=r"application.settings\['session_factory'\]"):
        await bzz.ModelHive("sqlalchemy", Author).list()


async def test_all_connections_in_use_are_told_soon_and_it_recovers(api: Api, database: Database) -> None:
    provider = SQLAlchemyProvider(database.factory, timeout=0.3)
    hive = bzz.ModelHive(provider, Author)
    api.mount(hive.routes())
    await hive.create({"name": "Ada"})
    pool: Any = database.sync_engine.pool
    held = []

    def take(session: Session) -> Any:
        return session.connection()

    for _ in range(pool.size() + pool._max_overflow):
        session = database.factory()
        await (session.run_sync(take) if database.is_async else asyncio.to_thread(take, session))
        held.append(session)
    with capture(request_failed) as sent:
        late = await api("GET", "/author/1")
    assert (late.status, late.headers["Retry-After"]) == (503, "1")
    assert [type(one.keywords["error"]) for one in sent] == [Unavailable]
    for session in held:
        await (session.close() if database.is_async else asyncio.to_thread(session.close))
    for _ in range(50):  # until the thread that was given up has had its connection
        if (await api("GET", "/author/1")).status == 200:
            break
    assert (await api("GET", "/author/1")).status == 200


async def test_a_unit_that_a_receiver_has_left_open_is_closed_in_a_thread(sql: Api, database: Database) -> None:
    async def look(sender: Any, unit: Any) -> None:
        statement = sa.text("SELECT 1")
        await (unit.execute(statement) if database.is_async else bzz.in_pool(unit.execute, statement))
        raise Forbidden("No.")

    with pre_create_instance.connected_to(look):
        assert (await sql("POST", "/author", json_body={"name": "Ada"})).status == 403
    assert database.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_write_that_took_too_long_ends_by_itself(api: Api, database: Database) -> None:
    provider = SQLAlchemyProvider(database.factory, timeout=0.2)
    api.mount(bzz.ModelHive.routes_for(provider, Author))
    gate = threading.Event()

    @sa.event.listens_for(Session, "before_commit")
    def wait(session: Session) -> None:
        if not database.is_async:
            gate.wait(5)

    try:
        if not database.is_async:
            late = await api("POST", "/author", json_body={"name": "Ada"})
            assert late.status == 503
            assert late.json["detail"].endswith("The write may have happened.")
    finally:
        gate.set()
        sa.event.remove(Session, "before_commit", wait)
    await ended(provider, await provider.begin(ActState()))
    made = await api("POST", "/author", json_body={"name": "Bob"})
    assert made.status == 201


async def test_what_is_written_is_told_after_the_commit(sql: Api, database: Database) -> None:
    seen: list[Any] = []

    async def look(sender: Any, instance: Author, unit: Any) -> None:
        seen.append((unit, (await sql("GET", f"/author/{instance.id}")).json["name"]))

    with post_create_instance.connected_to(look):
        await sql.create("/author", name="Ada")
    assert seen == [(None, "Ada")]


def _listen(sender: Any) -> None:
    """So that the update has two parts."""


async def test_fifty_at_once_on_one_connection_do_not_mix(api: Api, database: Database) -> None:
    with pre_update_instance.connected_to(_listen):
        api.mount(bzz.ModelHive.routes_for("sqlalchemy", Priced, session_factory=database.factory))
        await api.create("/priced", name="Tea", net=1)
        replies = await asyncio.gather(*(api("PUT", "/priced/1", json_body={"net": n}) for n in range(2, 52)))
        assert {reply.status for reply in replies} == {200}
    assert (await api("GET", "/priced/1")).json["revision"] == 51


async def test_what_is_read_for_a_write_neither_commits_nor_holds_a_connection(sql: Api, database: Database) -> None:
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


async def test_what_a_receiver_loads_by_the_unit_it_may_change(sql: Api, database: Database) -> None:
    await sql.create("/priced", name="Tea", net=1)

    async def count(sender: Any, instance: Priced, unit: Any) -> None:
        own = await (unit.get(Priced, 1) if database.is_async else bzz.in_pool(unit.get, Priced, 1))
        own.touched += 10

    with pre_update_instance.connected_to(count):
        assert (await sql("PUT", "/priced/1", json_body={"net": 2})).json["touched"] == 10


async def test_an_eager_mapping_with_cascades_is_no_trouble(api: Api, database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Child(Own):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parent.id"))
        parent: Mapped[Parent | None] = relationship(back_populates="children")

    class Parent(Own):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children: Mapped[list[Child]] = relationship(
            cascade="all, delete-orphan", lazy="selectin", back_populates="parent"
        )

        def to_dict(self) -> dict[str, Any]:
            return {"id": str(self.id), "children": [child.id for child in self.children]}

    globals().update(Parent=Parent)
    await mount(api, database, Own, Parent, Child)
    await api.create("/parent")
    for _ in range(6):
        assert (await api("POST", "/child", json_body={"parent": "1"})).status == 201
    with pre_update_instance.connected_to(_listen), post_get_instance.connected_to(_listen):
        assert (await api("PUT", "/parent/1", json_body={"children": ["1", "2"]})).json["children"] == [1, 2]
        assert (await api("GET", "/parent/1")).json == {"id": "1", "children": [1, 2]}
    assert (await api("DELETE", "/parent/1/children/1")).status == 204


async def test_a_session_outlives_what_a_receiver_does_with_it(sql: Api, database: Database) -> None:
    gate = threading.Event()

    def hold(unit: Any) -> None:
        unit.execute(sa.text("SELECT 1"))
        gate.wait(5)
        unit.execute(sa.text("SELECT 1"))

    async def impatient(sender: Any, unit: Any) -> None:
        async with asyncio.timeout(0.05):
            await bzz.in_pool(hold, unit)

    if not database.is_async:
        with pre_create_instance.connected_to(impatient):
            assert (await sql("POST", "/author", json_body={"name": "Ada"})).status == 500
        gate.set()


async def test_each_unit_of_work_of_a_request_ends(api: Api, database: Database) -> None:
    class Twice(bzz.ModelHandler):
        async def get(self) -> None:
            await super().get()
            await self.hive.list()

    factory = database.factory
    hive = bzz.ModelHive("sqlalchemy", Author, session_factory=factory, handler_class=Twice)
    api.mount(hive.routes())
    await api.create("/author", name="Ada")
    over: list[Any] = []
    end = hive.provider.end

    def note(unit: Any) -> Any:
        over.append(unit)
        return end(unit)

    hive.provider.end = note  # type: ignore[method-assign]
    assert (await api("GET", "/author/1")).status == 200
    await api("GET", "/author/7")
    assert len(over) == 3, "of both reads, and of the one that found nothing"
    hive.provider.end = end  # type: ignore[method-assign]
