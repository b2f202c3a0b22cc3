"""Mapped classes with a relation of each kind, and an application that serves them from SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tornado.web
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.testing import served
from bzz.testing.client import Client
from tests.support.guides import dispose


class Base(DeclarativeBase):
    pass


issue_label = Table(
    "issue_label",
    Base.metadata,
    Column("issue_id", ForeignKey("issue.id"), primary_key=True),
    Column("label_id", ForeignKey("label.id"), primary_key=True),
)


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    email: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012  # as SQLAlchemy declares it


class Admin(Person):
    __mapper_args__ = {"polymorphic_identity": "admin"}  # noqa: RUF012  # as SQLAlchemy declares it


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lead: Mapped[Person | None] = relationship()
    projects: Mapped[list[Project]] = relationship(back_populates="team")
    profile: Mapped[Profile | None] = relationship(back_populates="team")
    tasks: Mapped[list[Task]] = relationship(back_populates="team", cascade="all, delete-orphan")
    people: Mapped[list[Person]] = relationship(secondary="membership")


class Project(Base):
    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship(back_populates="projects")


class Profile(Base):
    __tablename__ = "profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship(back_populates="profile")


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team] = relationship(back_populates="tasks")


class Membership(Base):
    __tablename__ = "membership"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(default="owner")
    team: Mapped[Team] = relationship(overlaps="people")
    person: Mapped[Person] = relationship(overlaps="people")


class Issue(Base):
    __tablename__ = "issue"
    id: Mapped[int] = mapped_column(primary_key=True)
    labels: Mapped[list[Label]] = relationship(secondary=issue_label, back_populates="issues")


class Label(Base):
    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    issues: Mapped[list[Issue]] = relationship(secondary=issue_label, back_populates="labels")


MODELS = {one.__name__.lower(): one for one in (Person, Admin, Team, Project, Profile, Task, Membership, Issue, Label)}


class Handler(bzz.ModelHandler):
    """Signs in the user that the header ``X-User`` names; the name is the user's only role."""

    def get_current_user(self) -> Any:
        name = self.request.headers.get("X-User")
        return {"id": name, "roles": [name]} if name else None


def rows() -> list[list[Base]]:
    labels = [Label(id=7), Label(id=8)]
    return [
        [Person(id=1, email="ada@x"), Admin(id=2, email="boss@x"), Team(id=1, name="one"), Team(id=2, name="two")],
        [Project(id=5, name="p", team_id=1), Project(id=6, name="q"), Profile(id=1, team_id=1), Profile(id=2)],
        [Task(id=4, team_id=1), Membership(id=1, team_id=1, person_id=2), Issue(id=3), Issue(id=4, labels=labels)],
    ]


@asynccontextmanager
async def boards(folder: Path, without: tuple[str, ...] = (), **options: dict[str, Any]) -> AsyncIterator[Client]:
    """Yield a client of an application that serves all models.

    Args:
        folder: where the database lies.
        without: the models without a hive.
        options: for a model, the options of its hive.
    """
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/boards.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine)
    async with sessions.begin() as session:
        for some in rows():
            session.add_all(some)
            await session.flush()
    sql = SQLAlchemyProvider(sessions)
    hives = [
        bzz.ModelHive.routes_for(sql, model, handler_class=Handler, **options.get(name, {}))
        for name, model in MODELS.items()
        if name not in without
    ]
    try:
        async with served(tornado.web.Application([*hives])) as client:
            yield client
    finally:
        await dispose(engine)
