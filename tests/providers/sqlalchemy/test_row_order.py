"""Classes for whose rows the order of writes matters."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.row_order import refers_to_itself, unique_fields
from tests.providers.sqlalchemy.models import Author, Book, Dog, Everything


def test_the_fields_of_unique_keys_and_indexes_are_unique() -> None:
    class Base(DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Thing(Base):
        __tablename__ = "thing"
        __table_args__ = (
            sa.UniqueConstraint("owner_id", "place"),
            sa.Index("code", sa.func.lower("code"), unique=True),
            sa.Index("size", "size"),
            sa.CheckConstraint("size > 0"),
        )
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("owner.id"))
        owner: Mapped[Owner | None] = relationship()
        place: Mapped[int]
        size: Mapped[int]
        other: Mapped[int] = mapped_column(unique=True, index=True)

    provider = SQLAlchemyProvider()
    assert unique_fields(provider.mapped_class(Thing)) == {"id", "owner", "place", "other"}
    assert unique_fields(provider.mapped_class(Book)) == {"id", "title"}
    assert unique_fields(provider.mapped_class(Everything)) == {"id"}


def test_a_class_refers_to_itself_by_a_foreign_key_that_is_not_its_identity() -> None:
    provider = SQLAlchemyProvider()
    assert [refers_to_itself(provider.mapped_class(model)) for model in (Author, Book, Dog)] == [True, False, False]
