"""Models of web applications: users and roles, a blog, followers, histories, trees, settings, payments."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    backref,
    declared_attr,
    mapped_column,
    relationship,
    validates,
)

from tests.providers.sqlalchemy.databases import DATETIME, TEXT, TIME


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: TEXT, datetime: DATETIME, time: TIME}

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # SQLAlchemy gives the class
        return cls.__name__.lower()

    def to_dict(self) -> dict[str, Any]:
        """Return what the application itself logs."""
        return {"driver": repr(self)}


class Timestamps:
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime | None] = mapped_column(onupdate=now)


class Slugged:
    slug: Mapped[str] = mapped_column(unique=True)


user_roles = sa.Table(
    "user_roles",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("user.id"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("role.id"), primary_key=True),
)
followers = sa.Table(
    "followers",
    Base.metadata,
    sa.Column("follower_id", sa.ForeignKey("user.id"), primary_key=True),
    sa.Column("followed_id", sa.ForeignKey("user.id"), primary_key=True),
)
post_tags = sa.Table(
    "post_tags",
    Base.metadata,
    sa.Column("post_id", sa.ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None] = mapped_column(sa.String(255))


class User(Timestamps, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True, index=True)
    username: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None] = mapped_column(sa.String(128))
    active: Mapped[bool] = mapped_column(default=True)
    confirmed_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(sa.String(45))
    login_count: Mapped[int] = mapped_column(default=0)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True, default=lambda: uuid.uuid4().hex)
    roles: Mapped[list[Role]] = relationship(secondary=user_roles, backref=backref("users", lazy="dynamic"))
    posts: Mapped[list[Post]] = relationship(back_populates="author", lazy="write_only")
    followed: Mapped[list[User]] = relationship(
        secondary=followers,
        primaryjoin=lambda: followers.c.follower_id == User.id,
        secondaryjoin=lambda: followers.c.followed_id == User.id,
        backref="followers",
    )

    @property
    def password(self) -> str:
        raise AttributeError("password is not a readable attribute")

    @password.setter
    def password(self, value: str) -> None:
        self.password_hash = value[::-1]

    @validates("email")
    def lower(self, key: str, value: str) -> str:
        return value.lower()


class State(enum.Enum):
    DRAFT = "draft"
    PUBLISHED = "published"


class Post(Slugged, Timestamps, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(140))
    body: Mapped[str | None] = mapped_column(sa.Text, deferred=True)
    state: Mapped[State] = mapped_column(default=State.DRAFT)
    views: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    author: Mapped[User] = relationship(back_populates="posts", lazy="joined", innerjoin=True)
    comments: Mapped[list[Comment]] = relationship(back_populates="post", cascade="all, delete-orphan")
    tags: Mapped[set[Tag]] = relationship(secondary=post_tags, back_populates="posts")


class Tag(Slugged, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(secondary=post_tags, back_populates="tags")


class Comment(Timestamps, Base):
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    text: Mapped[str]
    post_id: Mapped[int] = mapped_column(sa.ForeignKey("post.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("comment.id"))
    post: Mapped[Post] = relationship(back_populates="comments")
    author: Mapped[User | None] = relationship()
    parent: Mapped[Comment | None] = relationship(remote_side="Comment.id", backref="replies")


class Setting(Base):
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(sa.JSON), default=dict)


class Page(Base):
    """Keeps its revisions."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int] = mapped_column()
    revisions: Mapped[list[Revision]] = relationship(
        order_by="Revision.position", collection_class=ordering_list("position"), cascade="all, delete-orphan"
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Revision(Base):
    page_id: Mapped[int] = mapped_column(sa.ForeignKey("page.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str | None]


class Folder(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(100), index=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("folder.id"))
    children: Mapped[list[Folder]] = relationship(
        backref=backref("parent", remote_side="Folder.id"), cascade="all", lazy="selectin", join_depth=2
    )


class Payment(Base):
    __table_args__ = (sa.CheckConstraint("amount >= 0", name="not_negative"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(12, 2))
    currency: Mapped[str] = mapped_column(sa.CHAR(3), default="EUR")
    type: Mapped[str] = mapped_column(sa.String(20))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped[User | None] = relationship()
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "type",
        "polymorphic_identity": "payment",
        "with_polymorphic": "*",
    }


class CardPayment(Payment):
    __tablename__: Any = None
    card: Mapped[str | None] = mapped_column(sa.String(16))
    __mapper_args__ = {"polymorphic_identity": "card"}  # noqa: RUF012


class Transfer(Payment):
    __tablename__: Any = None
    iban: Mapped[str | None] = mapped_column(sa.String(34))
    __mapper_args__ = {"polymorphic_identity": "transfer"}  # noqa: RUF012


MODELS = (Role, User, Tag, Post, Comment, Setting, Page, Revision, Folder, Payment, CardPayment, Transfer)
GIVEN: dict[str, Any] = {"currency": lambda number: ("EUR", "USD")[number % 2]}
