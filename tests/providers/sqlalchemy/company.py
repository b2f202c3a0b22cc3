"""Classes whose instances are deleted and changed together with each other."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Company(DeclarativeBase):
    pass


labels = sa.Table(
    "team_label",
    Company.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("label_id", sa.ForeignKey("label.id"), primary_key=True),
)


def team_key(**options: Any) -> Mapped[int | None]:
    return mapped_column(sa.ForeignKey("team.id", **options))


class Team(Company):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    projects: Mapped[list[Project]] = relationship(back_populates="team", foreign_keys="Project.team_id")
    backed: Mapped[list[Project]] = relationship(foreign_keys="Project.backer_id")
    tasks: Mapped[list[Task]] = relationship(cascade="all, delete-orphan")
    people: Mapped[list[Person]] = relationship(secondary="membership")
    labels: Mapped[list[Label]] = relationship(secondary=labels)
    logs: Mapped[list[Log]] = relationship(passive_deletes=True, foreign_keys="Log.team_id")
    kept: Mapped[list[Log]] = relationship(passive_deletes="all", foreign_keys="Log.kept_by", lazy="selectin")
    eager: Mapped[list[Log]] = relationship(passive_deletes=True, foreign_keys="Log.eager_id", lazy="selectin")
    shown: Mapped[list[Project]] = relationship(viewonly=True, foreign_keys="Project.team_id")
    _hidden: Mapped[list[Secret]] = relationship()


class Project(Company):
    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    team_id: Mapped[int | None] = team_key()
    backer_id: Mapped[int | None] = team_key()
    team: Mapped[Team | None] = relationship(back_populates="projects", foreign_keys=team_id)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "small"}  # noqa: RUF012


class BigProject(Project):
    """Has a table of its own, and a column that is not loaded with it."""

    __tablename__ = "big_project"
    id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"), primary_key=True)
    budget: Mapped[int]
    text: Mapped[str | None] = mapped_column(deferred=True, deferred_raiseload=True)
    __mapper_args__ = {"polymorphic_identity": "big"}  # noqa: RUF012


class Task(Company):
    """Has tasks below it, a file of its own, and members that are told of nothing."""

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = team_key()
    above_id: Mapped[int | None] = mapped_column(sa.ForeignKey("task.id"))
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("file.id"))
    below: Mapped[list[Task]] = relationship(cascade="all", back_populates="above")
    above: Mapped[Task | None] = relationship(back_populates="below", remote_side="Task.id")
    file: Mapped[File | None] = relationship(cascade="all, delete-orphan", single_parent=True)


class File(Company):
    __tablename__ = "file"
    id: Mapped[int] = mapped_column(primary_key=True)
    links: Mapped[list[Link]] = relationship()


class Link(Company):
    __tablename__ = "link"
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("file.id"))


class Person(Company):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)


class Membership(Company):
    __tablename__ = "membership"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


class Label(Company):
    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)


class Log(Company):
    """The database itself clears or keeps its references."""

    __tablename__ = "log"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = team_key(ondelete="CASCADE")
    kept_by: Mapped[int | None] = team_key(ondelete="SET NULL")
    eager_id: Mapped[int | None] = team_key(ondelete="CASCADE")


class Secret(Company):
    """Cannot be served, because a URL cannot contain its key."""

    __tablename__ = "secret"
    key: Mapped[bytes] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = team_key()
