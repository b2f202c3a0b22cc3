"""The mapped classes, their own hooks, and the database that they live in."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

from bzz.providers.sqlalchemy import SQLAlchemyProvider

BY_HOOK, BY_SCOPE = 1, 2  # values of ``shade``: what hides a row
ROOT = "root"  # the user whom no scope restricts
hooked: set[str] = set()  # the names of the classes whose own hooks are switched on


class Base(DeclarativeBase):
    pass


class Columns:
    """The columns of all classes."""

    hook: ClassVar[str]
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(default=None)
    secret: Mapped[str | None] = mapped_column(default=None)
    shade: Mapped[int] = mapped_column(default=0)


class Row(Columns):
    """The hooks of most classes."""

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.where(cls.shade != BY_HOOK) if cls.hook in hooked else queryset

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
        return cls.get_list_queryset(queryset, handler)


class User(Row, Base):
    __tablename__ = "user"
    hook = "User"
    kind: Mapped[str] = mapped_column(default="User")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "User"}  # noqa: RUF012


class Admin(User):
    hook = "Admin"
    level: Mapped[str | None] = mapped_column(default=None)
    __mapper_args__ = {"polymorphic_identity": "Admin"}  # noqa: RUF012

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return super().get_list_queryset(queryset, handler)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
        return super().get_instance_queryset(model, queryset, instance_id, handler)


class Manager(Admin):
    bonus: Mapped[str | None] = mapped_column(default=None)
    __mapper_args__ = {"polymorphic_identity": "Manager"}  # noqa: RUF012


class Team(Row, Base):
    __tablename__ = "team"
    hook = "Team"
    projects: Mapped[list[Project]] = relationship(back_populates="team")
    profile: Mapped[Profile | None] = relationship(back_populates="team")
    people: Mapped[list[User]] = relationship(secondary="membership", overlaps="team,user")


class Membership(Columns, Base):
    """Has no hooks: with hooks for lists, no request could read ``Team.people``."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("team_id", "user_id"),)
    hook = ""
    role: Mapped[str] = mapped_column(default="owner")
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    team: Mapped[Team] = relationship(overlaps="people")
    user: Mapped[User] = relationship(overlaps="people")


links = sa.Table(
    "links",
    Base.metadata,
    sa.Column("project_id", sa.ForeignKey("project.id"), primary_key=True),
    sa.Column("label_id", sa.ForeignKey("label.id"), primary_key=True),
)


class Project(Row, Base):
    __tablename__ = "project"
    hook = "Project"
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"), default=None)
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"), default=None)
    team: Mapped[Team | None] = relationship(back_populates="projects")
    lead: Mapped[User | None] = relationship()
    labels: Mapped[list[Label]] = relationship(secondary=links, back_populates="projects")
    tasks: Mapped[list[Task]] = relationship(back_populates="project", cascade="all, delete-orphan")


class Label(Row, Base):
    __tablename__ = "label"
    hook = "Label"
    projects: Mapped[list[Project]] = relationship(secondary=links, back_populates="labels")


class Profile(Row, Base):
    __tablename__ = "profile"
    hook = "Profile"
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"), unique=True, default=None)
    team: Mapped[Team | None] = relationship(back_populates="profile")


class Task(Row, Base):
    __tablename__ = "task"
    hook = "Task"
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("project.id"))
    project: Mapped[Project] = relationship(back_populates="tasks")


class Category(Row, Base):
    __tablename__ = "category"
    hook = "Category"
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"), default=None)
    parent: Mapped[Category | None] = relationship(back_populates="children", remote_side="Category.id")
    children: Mapped[list[Category]] = relationship(back_populates="parent")


CLASSES: dict[str, Any] = {
    made.__name__: made for made in (User, Admin, Manager, Team, Membership, Project, Label, Profile, Task, Category)
}
engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})


@sa.event.listens_for(engine, "connect")
def hold_references(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


sa.orm.configure_mappers()
Base.metadata.create_all(engine)
provider = SQLAlchemyProvider(sessionmaker(engine, expire_on_commit=False))


def scope_of(model: Any) -> Any:
    """Return a scope that shows the rows of a class of shade ``BY_SCOPE`` to ``ROOT`` alone."""

    def scope(queryset: Any, handler: Any) -> Any:
        user = handler.current_user
        return queryset if user and user["id"] == ROOT else queryset.where(model.shade != BY_SCOPE)

    return scope
