"""Foreign keys that no relationship shows: requests refer only to what they may see, if a hive serves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.support.keyed import keyed, told


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="user")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}  # noqa: RUF012


class Admin(User):
    __tablename__ = "admin"
    id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
    boss_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admin.id"))
    __mapper_args__ = {"polymorphic_identity": "admin", "inherit_condition": id == User.id}  # noqa: A003, RUF012


class Place(Base):
    __tablename__ = "place"
    x: Mapped[int] = mapped_column(primary_key=True)
    y: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "note"
    __table_args__ = (sa.ForeignKeyConstraint(["x", "y"], ["place.x", "place.y"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    reader_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    other_id: Mapped[int | None] = mapped_column(sa.ForeignKey("elsewhere.id"))
    x: Mapped[int | None]
    y: Mapped[int | None]
    reader: Mapped[User | None] = relationship(viewonly=True, foreign_keys=[reader_id])


def rows() -> list[Any]:
    sa.Table("elsewhere", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), keep_existing=True)
    return [User(id=1), User(id=2), Place(x=1, y=2), Note(id=1), Admin(id=3)]


def first(queryset: Any, handler: Any) -> Any:
    return queryset.where(User.id == 1)


SERVED: dict[type, dict[str, Any]] = {User: {"scope": first}, Place: {}, Note: {}, Admin: {}}


def test_a_key_that_joins_an_inherited_class_refers_to_nothing() -> None:
    sa.Table("elsewhere", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), keep_existing=True)
    fields = SQLAlchemyProvider().describe(Admin).fields
    assert (fields["id"].referred, fields["boss_id"].referred) == (None, Admin)


def test_a_table_that_does_not_exist_is_left_out() -> None:
    class Alone(DeclarativeBase):
        pass

    class Page(Alone):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True)
        book_id: Mapped[int | None] = mapped_column(sa.ForeignKey("book.id"))

    assert SQLAlchemyProvider().describe(Page).fields["book_id"].referred is None


async def test_hidden_and_missing_instances_are_refused_alike(tmp_path: Path) -> None:
    rows_ = rows()
    async with keyed(tmp_path, Base, rows_, SERVED) as client:
        for user in (2, 9):
            text = [f"there is no User {user}"]
            for method, path in (("POST", "/note"), ("PATCH", "/note/1")):
                reply = await client(method, path, json_body={"owner_id": user})
                assert (reply.status, reply.json["errors"]) == (400, {"owner_id": text})
                reply = await client(method, path, json_body={"reader_id": user})
                assert (reply.status, reply.json["errors"]) == (400, {"reader": text})
        missing = await client("POST", "/note", json_body={"x": 1, "y": 3})
        assert (missing.status, missing.json["errors"]) == (400, {"x~y": ["there is no Place 1~3"]})
        for body in ({"owner_id": 1}, {"x": 1, "y": 2}, {"x": 1}):
            assert (await client("POST", "/note", json_body=body)).status == 201, body


async def test_a_change_of_such_a_key_is_no_move(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), SERVED) as client:
        sent = await told(client, "PATCH", "/note/1", {"owner_id": 1, "x": 1, "y": 2}, status=200)
        assert [name for name, *_ in sent] == ["pre_update_instance", "post_update_instance"]


async def test_the_database_checks_keys_to_what_no_hive_serves(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), {Note: {}}) as client:
        assert (await client("POST", "/note", json_body={"owner_id": 2})).status == 201
