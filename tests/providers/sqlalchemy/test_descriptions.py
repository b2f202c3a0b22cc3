"""What a mapped class says of its fields."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship
from sqlmodel import Field as SQLModelField
from sqlmodel import SQLModel

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.schema.fields import Field


class Base(DeclarativeBase):
    pass


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Group(Base):
    __tablename__ = "group"
    id: Mapped[int] = mapped_column(primary_key=True)


class Described(Base):
    __tablename__ = "described"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("left", "right"),
        sa.Index("by_name", "name", unique=True),
        sa.Index("by_label", "label", unique=True, postgresql_where=sa.text("size > 0")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(comment="On the box.", info={"title": "Code"})
    name: Mapped[str] = mapped_column(unique=True, doc="Of the box.")
    label: Mapped[str] = mapped_column(default="none")
    left: Mapped[int] = mapped_column(default=lambda: 1)
    right: Mapped[int] = mapped_column(server_default="1")
    level: Mapped[Level] = mapped_column(default=Level.LOW)
    at: Mapped[datetime] = mapped_column(default=datetime(2026, 1, 1))
    size: Mapped[int] = mapped_column(default="many")
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Group.id))
    group: Mapped[Group | None] = relationship()
    twice: Mapped[int] = sa.orm.column_property(sa.literal(2))


def described(model: type) -> dict[str, Field]:
    return dict(SQLAlchemyProvider().describe(model).fields)


def that(fields: dict[str, Field], attribute: str) -> set[str]:
    return {name for name, known in fields.items() if getattr(known, attribute)}


def test_a_column_says_what_it_is() -> None:
    fields = described(Described)
    assert that(fields, "unique") == {"id", "code", "name"}
    assert that(fields, "nullable") == {"code", "group", "twice"}
    assert {name: known.default for name, known in fields.items() if known.default is not None} == {
        "label": "none",
        "level": Level.LOW,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    assert (fields["code"].title, fields["code"].description) == ("Code", "On the box.")
    assert (fields["name"].title, fields["name"].description) == ("", "Of the box.")


def test_a_mapped_dataclass_says_its_defaults() -> None:
    class Own(MappedAsDataclass, DeclarativeBase):
        pass

    class Data(Own):
        __tablename__ = "data"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        name: Mapped[str] = mapped_column(default="Ada")
        tags: Mapped[Any] = mapped_column(sa.JSON, default_factory=dict)

    fields = described(Data)
    assert [fields[name].default for name in ("id", "name", "tags")] == [None, "Ada", None]


def test_a_field_of_sqlmodel_says_what_it_is() -> None:
    class DescribedHero(SQLModel, table=True):
        id: int | None = SQLModelField(default=None, primary_key=True)
        name: str = SQLModelField(default="Ada", title="Name", description="Of the hero.")

    name = described(DescribedHero)["name"]
    assert (name.default, name.title, name.description, name.required) == ("Ada", "Name", "Of the hero.", False)
