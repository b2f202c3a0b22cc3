"""Errors of drivers as errors of bzz."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, backref, mapped_column, relationship
from sqlalchemy.orm.exc import FlushError, StaleDataError

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound, Unavailable
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.errors import UNSETTLED, translated
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.models import Book
from tests.support.client import Api
from tests.support.keyed import keyed

BOOK = SQLAlchemyProvider().mapped_class(Book)
TAKEN, TAKEN_ID, REQUIRED = {"title": ["is taken"]}, {"id": ["is taken"]}, {"title": ["is required"]}
DANGLING, CHECKED = {"author": ["refers to an instance that does not exist"]}, {"pages": ["is not allowed"]}


def of_driver(message: str = "", **attributes: Any) -> Exception:
    error = Exception(attributes.pop("number", message), message)
    error.__cause__ = RuntimeError()
    for name, value in attributes.items():
        setattr(error.__cause__ if name == "detail" else error, name, value)
    return error


def raised(error: Exception, **options: Any) -> BaseException:
    with (
        pytest.raises(type(error) if not options.pop("is_translated", True) else BzzError) as caught,
        translated(BOOK, **options),
    ):
        raise error
    return caught.value


def integrity(message: str, **attributes: Any) -> sa.exc.IntegrityError:
    return sa.exc.IntegrityError("INSERT", {}, of_driver(message, **attributes))


CONSTRAINTS: list[tuple[str, dict[str, Any], type[BzzError], dict[str, list[str]]]] = [
    ("UNIQUE constraint failed: book.title", {"sqlite_errorname": "SQLITE_CONSTRAINT_UNIQUE"}, Conflict, TAKEN),
    ("UNIQUE constraint failed: book.id", {"sqlite_errorname": "SQLITE_CONSTRAINT_PRIMARYKEY"}, Conflict, TAKEN_ID),
    ("x", {"sqlstate": "23505", "detail": "Key (title)=(Key (pages)=) already exists."}, Conflict, TAKEN),
    ("x", {"sqlstate": "23505", "detail": "Key (lower(title))=(a) already exists."}, Conflict, {}),
    ('null value in column "title" of relation "book"', {"sqlstate": "23502"}, Invalid, REQUIRED),
    ("x", {"sqlstate": "23503", "detail": "Key (author_id)=(5) is not present in table"}, Invalid, DANGLING),
    ('new row for relation "book" violates check constraint "some_pages"', {"sqlstate": "23514"}, Invalid, CHECKED),
    ("CHECK constraint failed: some_pages", {"sqlite_errorname": "SQLITE_CONSTRAINT_CHECK"}, Invalid, CHECKED),
    ("CHECK constraint failed: other", {"sqlite_errorname": "SQLITE_CONSTRAINT_CHECK"}, Invalid, {}),
    ("CHECK constraint failed: two", {"sqlite_errorname": "SQLITE_CONSTRAINT_CHECK"}, Invalid, {}),
    ("FOREIGN KEY constraint failed", {"sqlite_errorname": "SQLITE_CONSTRAINT_FOREIGNKEY"}, Invalid, {}),
    ("Duplicate entry 'a' for key 'title'", {"number": 1062}, Conflict, TAKEN),
    ("Duplicate entry '1' for key 'PRIMARY'", {"number": 1062}, Conflict, TAKEN_ID),
    ("Column 'title' cannot be null", {"number": 1048}, Invalid, REQUIRED),
    ("x", {"sqlstate": "23P01"}, Conflict, {}),
]


@pytest.mark.parametrize(("message", "attributes", "kind", "errors"), CONSTRAINTS)
def test_a_broken_constraint_names_its_field(
    message: str, attributes: dict[str, Any], kind: type[BzzError], errors: dict[str, Any]
) -> None:
    found = raised(integrity(message, **attributes), is_write=True)
    assert (type(found), found.errors if isinstance(found, BzzError) else None) == (kind, errors)


def test_a_named_key_or_index_of_mysql_names_its_fields() -> None:
    class Own(DeclarativeBase):
        pass

    class Place(Own):
        __tablename__ = "place"
        __table_args__ = (sa.UniqueConstraint("row", "seat", name="one"), sa.Index("two", "label", unique=True))
        id: Mapped[int] = mapped_column(primary_key=True)
        row: Mapped[int]
        seat: Mapped[int]
        label: Mapped[str]

    place = SQLAlchemyProvider().mapped_class(Place)
    for key, names in (("one", ["row", "seat"]), ("place.two", ["label"]), ("place.PRIMARY", ["id"]), ("three", [])):
        with pytest.raises(Conflict) as caught, translated(place, is_write=True):
            raise integrity(f"Duplicate entry 'a' for key '{key}'", number=1062)
        assert caught.value.errors == {name: ["is taken"] for name in names}


async def test_a_tree_that_is_a_circle_is_a_conflict(api: Api, database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Branch(Own):
        __tablename__ = "branch"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
        children: Mapped[list[Branch]] = relationship(cascade="all", backref=backref("parent", remote_side="Branch.id"))

    globals().update(Branch=Branch)
    await mount(api, database, Own, Branch)
    await api.create("/branch")
    assert (await api("PATCH", "/branch/1", json_body={"parent": "1"})).status == 200
    refused = await api("DELETE", "/branch/1")
    assert (refused.status, "circle" in refused.json["detail"]) == (409, True)
    assert (await api("PATCH", "/branch/1", json_body={"parent": None})).status == 200
    assert (await api("DELETE", "/branch/1")).status == 204


def test_a_delete_that_breaks_a_reference_is_a_conflict() -> None:
    assert isinstance(
        raised(AssertionError("tried to blank-out primary key column"), is_write=True, is_delete=True), Conflict
    )
    assert isinstance(raised(integrity("x", sqlstate="23503"), is_write=True, is_delete=True), Conflict)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StaleDataError("0 rows"), NotFound),
        (FlushError("conflicts with persistent instance"), Conflict),
        (sa.exc.TimeoutError("QueuePool limit"), Unavailable),
        (sa.exc.OperationalError("x", {}, of_driver("x", sqlstate="57P01")), Unavailable),
        (sa.exc.OperationalError("x", {}, of_driver("x", sqlstate="08006")), Unavailable),
        (sa.exc.OperationalError("x", {}, of_driver("x", sqlite_errorname="SQLITE_BUSY_SNAPSHOT")), Unavailable),
        (sa.exc.OperationalError("x", {}, of_driver("x", sqlite_errorname="SQLITE_CANTOPEN")), Unavailable),
        (sa.exc.OperationalError("x", {}, of_driver("gone", number=2006)), Unavailable),
        (sa.exc.OperationalError("x", {}, of_driver("connection refused")), Unavailable),
        (sa.exc.InterfaceError("x", {}, of_driver("x"), connection_invalidated=True), Unavailable),
        (sa.exc.DBAPIError("x", {}, of_driver("x", sqlstate="40P01")), Conflict),
        (sa.exc.DBAPIError("x", {}, of_driver("x", sqlstate="40001")), Conflict),
        (sa.exc.DataError("x", {}, of_driver("x")), Invalid),
        (sa.exc.OperationalError("x", {}, of_driver("Incorrect uuid value", number=1292)), Invalid),
        (sa.exc.DBAPIError("x", {}, of_driver("x", sqlstate="22003")), Invalid),
        (sa.exc.StatementError("x", "x", {}, ValueError("no such thing")), Invalid),
        (ConnectionRefusedError(), Unavailable),
        (TimeoutError(), Unavailable),
    ],
    ids=repr,
)
def test_errors_of_drivers_become_errors_of_bzz(error: Exception, kind: type[BzzError]) -> None:
    assert isinstance(raised(error), kind)


def test_a_write_without_an_answer_may_have_happened() -> None:
    lost = sa.exc.OperationalError("x", {}, of_driver("x", sqlstate="08006"))
    assert str(raised(lost, is_write=True)) == "The store does not answer. The write may have happened."
    assert str(raised(lost)) == "The store does not answer."


@pytest.mark.parametrize(
    "error",
    [
        sa.exc.OperationalError("x", {}, sqlite3.OperationalError("no such table")),
        sa.exc.ProgrammingError("x", {}, of_driver("x", sqlstate="42P01")),
        FileNotFoundError(),
        AssertionError("of the user's own"),
        LookupError(),
        sa.exc.InvalidRequestError("of the user's own"),
        Conflict("of the user's own"),
    ],
    ids=repr,
)
def test_mistakes_of_the_application_pass_unchanged(error: Exception) -> None:
    if isinstance(error, sa.exc.OperationalError):
        error.orig.sqlite_errorname = "SQLITE_ERROR"  # type: ignore[union-attr]
    assert raised(error, is_translated=False) is error


async def test_an_error_of_the_database_names_the_field(sql: Api) -> None:
    await sql.create("/book", title="A")
    for body, status, errors in (
        ({"title": "A"}, 409, {"title": ["is taken"]}),
        ({"pages": 5}, 400, {"title": ["is required"]}),
        ({"title": "B", "pages": 0}, 400, {"pages": ["is not allowed"]}),
        ({"title": ""}, 400, {"title": ["is not allowed"]}),
        ({"title": "B", "author": 7}, 400, {"author": ["there is no Author 7"]}),
    ):
        refused = await sql("POST", "/book", json_body=body)
        assert (refused.status, refused.json["errors"]) == (status, errors)
    assert (await sql("GET", "/book")).json == [{"id": "1", "title": "A", "pages": None, "author": None}]


async def test_an_instance_that_others_refer_to_is_not_deleted(sql: Api) -> None:
    await sql.create("/author", name="Ada")
    await sql.create("/book", title="A", author="1")
    assert (await sql("DELETE", "/author/1")).status == 409
    assert (await sql("GET", "/author/1")).status == 200


async def test_an_instance_with_a_write_only_relation_is_deleted_only_if_the_mapping_allows_it(tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
        crew_id: Mapped[int | None] = mapped_column(sa.ForeignKey("crew.id"))

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        people: WriteOnlyMapped[Person] = relationship()

    class Crew(Base):
        __tablename__ = "crew"
        id: Mapped[int] = mapped_column(primary_key=True)
        people: WriteOnlyMapped[Person] = relationship(passive_deletes=True)

    rows = [Team(id=1), Crew(id=1)]
    async with keyed(tmp_path, Base, rows, {Team: {}, Crew: {}, Person: {}}) as client:
        refused = await client("DELETE", "/team/1")
        assert (refused.status, refused.json["detail"]) == (409, UNSETTLED)
        assert (await client("GET", "/team/1")).status == 200
        assert (await client("DELETE", "/crew/1")).status == 204


async def test_an_instance_is_not_deleted_if_its_members_cannot_be_cleared(tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    class Kid(Base):
        __table__ = sa.Table(
            "kid",
            Base.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("team_id", sa.ForeignKey("team.id"), server_default="1"),
        )
        __mapper_args__ = {"exclude_properties": ["team_id"]}  # noqa: RUF012

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        kids: Mapped[list[Kid]] = relationship(foreign_keys=[Kid.__table__.c.team_id])

    rows = [Team(id=1), Kid(id=1)]
    async with keyed(tmp_path, Base, rows, {Team: {}, Kid: {}}) as client:
        refused = await client("DELETE", "/team/1")
        assert (refused.status, refused.json["detail"]) == (409, UNSETTLED)
