"""Mapped classes with a relation of every kind."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, mapped_column, relationship


class Base(DeclarativeBase):
    pass


user_group = sa.Table(
    "reach_user_group",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("reach_user.id"), primary_key=True),
    sa.Column("group_id", sa.ForeignKey("reach_group.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "reach_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="user")
    name: Mapped[str] = mapped_column(default="")
    password: Mapped[str] = mapped_column(default="")
    balance: Mapped[int] = mapped_column(default=0)
    notes: Mapped[list[Note]] = relationship(back_populates="owner")
    groups: Mapped[list[Group]] = relationship(secondary=user_group, back_populates="users")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "user"}  # noqa: RUF012


class Admin(User):
    level: Mapped[str | None] = mapped_column(default=None)
    __mapper_args__ = {"polymorphic_identity": "admin"}  # noqa: RUF012


class Group(Base):
    __tablename__ = "reach_group"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    users: Mapped[list[User]] = relationship(secondary=user_group, back_populates="groups")


class Note(Base):
    __tablename__ = "reach_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_user.id"))
    owner: Mapped[User | None] = relationship(back_populates="notes")


class Team(Base):
    __tablename__ = "reach_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_user.id"))
    lead: Mapped[User | None] = relationship()
    projects: Mapped[list[Project]] = relationship(back_populates="team")
    profile: Mapped[Profile | None] = relationship(back_populates="team", uselist=False)
    people: Mapped[list[User]] = relationship(secondary="reach_membership", viewonly=False)
    desks: Mapped[list[Desk]] = relationship()
    badges: Mapped[list[Badge]] = relationship()


class Project(Base):
    __tablename__ = "reach_project"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    secret: Mapped[str] = mapped_column(default="")
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_team.id"))
    team: Mapped[Team | None] = relationship(back_populates="projects")
    tasks: Mapped[list[Task]] = relationship(back_populates="project", cascade="all, delete-orphan")


class Task(Base):
    __tablename__ = "reach_task"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    project_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_project.id"))
    project: Mapped[Project | None] = relationship(back_populates="tasks")
    comments: Mapped[list[Comment]] = relationship()


class Comment(Base):
    __tablename__ = "reach_comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_task.id"))


class Desk(Base):
    """Shows only the column of its foreign key, which is required."""

    __tablename__ = "reach_desk"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("reach_team.id"))


class Profile(Base):
    __tablename__ = "reach_profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="plain")
    text: Mapped[str] = mapped_column(default="")
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_team.id"), unique=True)
    team: Mapped[Team | None] = relationship(back_populates="profile")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}  # noqa: RUF012


class GoldProfile(Profile):
    __mapper_args__ = {"polymorphic_identity": "gold"}  # noqa: RUF012


class Badge(Base):
    """Shows nothing of its foreign key."""

    __tablename__ = "reach_badge"
    id: Mapped[int] = mapped_column(primary_key=True)
    _team_id: Mapped[int | None] = mapped_column("team_id", sa.ForeignKey("reach_team.id"))


class Membership(Base):
    __tablename__ = "reach_membership"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("reach_team.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("reach_user.id"))
    role: Mapped[str] = mapped_column(default="owner")
    kind: Mapped[str] = mapped_column(default="plain")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}  # noqa: RUF012


class Leadership(Membership):
    __mapper_args__ = {"polymorphic_identity": "lead"}  # noqa: RUF012


class Category(Base):
    __tablename__ = "reach_category"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reach_category.id"))
    children: Mapped[list[Category]] = relationship(backref=backref("parent", remote_side="Category.id"))
