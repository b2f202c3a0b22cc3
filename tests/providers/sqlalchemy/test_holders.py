"""The rows that store a relation, and its name on the other side."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, mapped_column, relationship

from bzz.schema.fields import Holder
from tests.providers.sqlalchemy.models import Author, Book, Draft, Profile
from tests.providers.sqlalchemy.samples import sides


def test_the_members_hold_a_one_to_many_or_one_to_one_relation() -> None:
    assert sides(Author, "books") == (Holder(Book, "author"), "author")
    assert sides(Author, "profile") == (Holder(Profile, "author"), "author")
    assert sides(Author, "shown_books") == (Holder(Book, "author"), "author")


def test_the_column_is_the_field_of_a_member_without_a_reference() -> None:
    assert sides(Author, "drafts") == (Holder(Draft, "author_id", is_owner=True), None)


def test_the_row_itself_holds_a_many_to_one_relation() -> None:
    assert sides(Book, "author") == (None, "books"), "shown_books is view-only"
    assert sides(Profile, "author") == (None, "profile")
    assert sides(Author, "mentor") == (None, None)


def test_a_many_to_many_relation_is_mirrored_with_its_columns_swapped() -> None:
    class Base(DeclarativeBase):
        pass

    links = sa.Table(
        "links",
        Base.metadata,
        sa.Column("above_id", sa.ForeignKey("node.id"), primary_key=True),
        sa.Column("below_id", sa.ForeignKey("node.id"), primary_key=True),
    )

    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        up = relationship(
            "Node",
            links,
            overlaps="up,down",
            primaryjoin=lambda: Node.id == links.c.below_id,
            secondaryjoin=lambda: Node.id == links.c.above_id,
        )
        down = relationship(
            "Node",
            links,
            overlaps="up,down",
            primaryjoin=lambda: Node.id == links.c.above_id,
            secondaryjoin=lambda: Node.id == links.c.below_id,
        )

    assert sides(Node, "up") == (None, "down")
    assert sides(Node, "down") == (None, "up")
    assert sides(Author, "friends") == (None, None)


def test_a_mapped_association_table_holds_a_many_to_many_relation() -> None:
    class Base(DeclarativeBase):
        pass

    class Membership(Base):
        __tablename__ = "membership"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"))
        user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
        kind: Mapped[str]
        user: Mapped[User] = relationship(overlaps="teams,people")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}  # noqa: RUF012

    class Leadership(Membership):
        __mapper_args__ = {"polymorphic_identity": "lead"}  # noqa: RUF012

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        teams: Mapped[list[Team]] = relationship(secondary="membership", back_populates="people")

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        people: Mapped[list[User]] = relationship(secondary="membership", back_populates="teams")

    globals().update(User=User, Team=Team)
    assert sides(Team, "people") == (Holder(Membership, "team_id", "user"), "teams")
    assert sides(User, "teams") == (Holder(Membership, "user", "team_id"), "people")


def test_an_association_object_may_have_both_references_as_its_key() -> None:
    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        people: Mapped[list[User]] = relationship(secondary="membership", viewonly=True)

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Membership(Base):
        __tablename__ = "membership"
        team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
        user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
        team: Mapped[Team] = relationship()
        user: Mapped[User] = relationship()

    globals().update(User=User, Team=Team)
    assert sides(Team, "people") == (Holder(Membership, "team", "user"), None)


def test_a_relation_of_a_base_class_is_found_on_its_subclasses() -> None:
    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        users: Mapped[list[User]] = relationship(backref=backref("team", overlaps="admins"))
        admins: Mapped[list[Admin]] = relationship(overlaps="team,users")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "team"}  # noqa: RUF012

    class Squad(Team):
        __tablename__ = "squad"
        id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "squad"}  # noqa: RUF012

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}  # noqa: RUF012

    class Admin(User):
        __mapper_args__ = {"polymorphic_identity": "admin"}  # noqa: RUF012

    globals().update(User=User, Admin=Admin)
    assert sides(Squad, "users") == (Holder(User, "team"), "team")
    assert sides(Squad, "admins") == (Holder(Admin, "team"), "team")
    assert sides(Admin, "team") == sides(User, "team") == (None, "users")


def test_two_foreign_keys_to_one_table_are_told_apart() -> None:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        written: Mapped[list[Text]] = relationship(foreign_keys="Text.writer_id")
        checked: Mapped[list[Text]] = relationship(foreign_keys="Text.checker_id")

    class Text(Base):
        __tablename__ = "text"
        id: Mapped[int] = mapped_column(primary_key=True)
        writer_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
        checker_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
        checker: Mapped[User] = relationship(foreign_keys=checker_id, overlaps="checked")
        writer: Mapped[User] = relationship(foreign_keys=writer_id, overlaps="written")

    globals().update(Text=Text)
    assert sides(User, "written") == (Holder(Text, "writer"), "writer")
    assert sides(User, "checked") == (Holder(Text, "checker"), "checker")
    assert (sides(Text, "writer")[1], sides(Text, "checker")[1]) == ("written", "checked")


def test_a_relation_with_a_condition_of_its_own_mirrors_nothing() -> None:
    class Base(DeclarativeBase):
        pass

    class Task(Base):
        __tablename__ = "task"
        id: Mapped[int] = mapped_column(primary_key=True)
        done: Mapped[bool]
        list_id: Mapped[int | None] = mapped_column(sa.ForeignKey("list.id"))
        list: Mapped[List | None] = relationship(overlaps="open,tasks")

    class List(Base):
        __tablename__ = "list"
        id: Mapped[int] = mapped_column(primary_key=True)
        open: Mapped[Any] = relationship(
            Task, uselist=True, primaryjoin=lambda: sa.and_(List.id == Task.list_id, Task.done.is_(False))
        )

    globals().update(List=List)
    assert sides(List, "open") == (Holder(Task, "list"), "list")
    assert sides(Task, "list") == (None, None)
