"""Classes that inherit from a mapped class: in its table, in tables joined to it, and in tables of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.declarative import ConcreteBase
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, polymorphic_union, relationship

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Shy:
    """Hides secret instances."""

    calls: list[type] = []  # noqa: RUF012  # the classes whose hook ran

    @classmethod
    def get_list_queryset(cls, queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
        cls.calls.append(cls)
        found: Any = cls
        return queryset.where(~found.secret)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: sa.Select[Any], instance_id: str, handler: Any) -> Any:
        assert model is cls
        return cls.get_list_queryset(queryset, handler)


class Single(DeclarativeBase):
    pass


class User(Single):
    __tablename__ = "single_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}  # noqa: RUF012


class Guest(User):
    __mapper_args__ = {"polymorphic_identity": "guest"}  # noqa: RUF012


class Staff(Shy, User):
    """Has no instances of its own."""

    secret: Mapped[bool | None]
    __mapper_args__ = {"polymorphic_abstract": True}  # noqa: RUF012


class Admin(Staff):
    __mapper_args__ = {"polymorphic_identity": "admin"}  # noqa: RUF012


class Root(Admin):
    __mapper_args__ = {"polymorphic_identity": "root"}  # noqa: RUF012


class Joined(DeclarativeBase):
    pass


class JoinedUser(Joined):
    __tablename__ = "joined_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}  # noqa: RUF012


class JoinedGuest(JoinedUser):
    __mapper_args__ = {"polymorphic_identity": "guest"}  # noqa: RUF012


class JoinedAdmin(Shy, JoinedUser):
    __tablename__ = "joined_admin"
    number: Mapped[int] = mapped_column(sa.ForeignKey("joined_user.id"), primary_key=True)
    secret: Mapped[bool]
    teams: Mapped[list[JoinedTeam]] = relationship(
        viewonly=True, primaryjoin=lambda: JoinedTeam.lead_id == JoinedAdmin.id
    )
    __mapper_args__ = {"polymorphic_identity": "admin"}  # noqa: RUF012


class JoinedRoot(JoinedAdmin):
    __tablename__ = "joined_root"
    other: Mapped[int] = mapped_column(sa.ForeignKey("joined_admin.number"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "root"}  # noqa: RUF012


class JoinedTeam(Joined):
    __tablename__ = "joined_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("joined_user.id"))
    lead: Mapped[JoinedUser | None] = relationship()


class Concrete(DeclarativeBase):
    pass


class ConcreteUser(ConcreteBase, Concrete):
    __tablename__ = "concrete_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "user", "concrete": True}  # noqa: RUF012


class ConcreteGuest(ConcreteUser):
    __tablename__ = "concrete_guest"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "guest", "concrete": True}  # noqa: RUF012


class ConcreteAdmin(Shy, ConcreteUser):
    __tablename__ = "concrete_admin"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret: Mapped[bool]
    __mapper_args__ = {"polymorphic_identity": "admin", "concrete": True}  # noqa: RUF012


class ConcreteRoot(ConcreteAdmin):
    __tablename__ = "concrete_root"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret: Mapped[bool]
    __mapper_args__ = {"polymorphic_identity": "root", "concrete": True}  # noqa: RUF012


class Union(DeclarativeBase):
    pass


def union_table(name: str, *more: sa.Column[Any]) -> sa.Table:
    columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String)
    return sa.Table(f"union_{name}", Union.metadata, *columns, *more)


UNION_TABLES = {
    "user": union_table("user"),
    "guest": union_table("guest"),
    "admin": union_table("admin", sa.Column("secret", sa.Boolean)),
    "root": union_table("root", sa.Column("secret", sa.Boolean)),
}
union = polymorphic_union(UNION_TABLES, "kind", "anyone")  # type: ignore[no-untyped-call]


class UnionUser(Union):
    __table__ = UNION_TABLES["user"]
    __mapper_args__ = {  # noqa: RUF012
        "with_polymorphic": ("*", union),
        "polymorphic_on": union.c.kind,
        "polymorphic_identity": "user",
    }


class UnionGuest(UnionUser):
    __table__ = UNION_TABLES["guest"]
    __mapper_args__ = {"polymorphic_identity": "guest", "concrete": True}  # noqa: RUF012


class UnionAdmin(Shy, UnionUser):
    __table__ = UNION_TABLES["admin"]
    __mapper_args__ = {"polymorphic_identity": "admin", "concrete": True}  # noqa: RUF012


class UnionRoot(Shy, UnionUser):
    __table__ = UNION_TABLES["root"]
    __mapper_args__ = {"polymorphic_identity": "root", "concrete": True}  # noqa: RUF012


@dataclass(frozen=True)
class Family:
    """A class and the classes that inherit from it."""

    base: Any
    user: Any
    guest: Any
    admin: Any
    root: Any


SINGLE = Family(Single, User, Guest, Admin, Root)
JOINED = Family(Joined, JoinedUser, JoinedGuest, JoinedAdmin, JoinedRoot)
CONCRETE = Family(Concrete, ConcreteUser, ConcreteGuest, ConcreteAdmin, ConcreteRoot)
UNION = Family(Union, UnionUser, UnionGuest, UnionAdmin, UnionRoot)


async def populate(api: Api, database: Database, family: Family) -> SQLAlchemyProvider:
    """Store six instances, with the ids 1 to 6, and return their provider. Two instances are secret."""
    await mount(api, database, family.base)
    async with session_of(database) as session:
        session.add_all(
            [
                family.user(id=1, name="user"),
                family.admin(id=2, name="secret admin", secret=True),
                family.admin(id=3, name="admin", secret=False),
                family.root(id=4, name="secret root", secret=True),
                family.root(id=5, name="root", secret=False),
                family.guest(id=6, name="guest"),
            ]
        )
    Shy.calls.clear()
    return SQLAlchemyProvider(database.factory)


@asynccontextmanager
async def session_of(database: Database) -> AsyncIterator[Any]:
    """Yield a session and commit it."""
    session = database.factory()
    yield session
    if database.is_async:
        await session.commit()
        await session.close()
    else:
        session.commit()
        session.close()
