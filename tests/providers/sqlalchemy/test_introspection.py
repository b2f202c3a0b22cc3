"""Schemas of mapped classes, and classes that are not defined yet."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.models import Author, Base, Pair
from tests.support.client import Api


def fields(model: type) -> dict[str, tuple[str, bool, bool, bool]]:
    described = SQLAlchemyProvider().describe(model).fields
    return {f.name: (f.type.name, f.insertable, f.updatable, f.deferred) for f in described.values()}


def test_the_schema_of_a_class_comes_from_its_mapper() -> None:
    assert fields(Author) == {
        "id": ("integer", False, False, False),
        "name": ("string", True, True, False),
        "books": ("list", True, True, True),
        "drafts": ("list", True, True, True),
        "profile": ("reference", True, True, True),
        "friends": ("list", True, True, True),
        "mentor": ("reference", True, True, False),
        "shown_books": ("list", False, False, True),
    }


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (dict, "is no mapped class"),
        (Base, "is no mapped class"),
        (Pair, r"Pair\.other has parts or unknown values, so its values cannot be identifiers"),
    ],
)
def test_routes_are_refused_for_classes_that_cannot_be_served(model: type, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        bzz.ModelHive.routes_for("sqlalchemy", model)


def test_relations_that_cannot_be_served_are_left_out() -> None:
    class Other(DeclarativeBase):
        pass

    class Country(Other):
        __tablename__ = "country"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str] = mapped_column(unique=True)

    class Part(Other):
        __tablename__ = "part"
        one: Mapped[int] = mapped_column(primary_key=True)
        other: Mapped[int] = mapped_column(primary_key=True)
        city_id: Mapped[int] = mapped_column(sa.ForeignKey("city.id"))

    class City(Other):
        __tablename__ = "city"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str] = mapped_column(sa.ForeignKey("country.code"))
        country: Mapped[Country] = relationship()
        parts: Mapped[list[Part]] = relationship()
        _hidden: Mapped[list[Part]] = relationship(viewonly=True)

    assert list(fields(City)) == ["id", "code", "parts"]


def test_the_other_side_of_a_shared_primary_key_is_set_only_at_creation() -> None:
    class Other(DeclarativeBase):
        pass

    class User(Other):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Settings(Other):
        __tablename__ = "settings"
        id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
        user: Mapped[User] = relationship()

    assert fields(Settings) == {
        "id": ("integer", True, False, False),
        "user": ("reference", True, False, False),
    }


async def test_a_class_that_refers_to_an_undefined_class_is_described_at_first_use(
    api: Api, database: Database
) -> None:
    class Late(DeclarativeBase):
        pass

    class Early(Late):
        __tablename__ = "early"
        id: Mapped[int] = mapped_column(primary_key=True)
        later_id: Mapped[int | None] = mapped_column(sa.ForeignKey("later.id"))
        later: Mapped[Later | None] = relationship("Later")

    hive = bzz.ModelHive("sqlalchemy", Early, session_factory=database.factory, exclude=["later_id"])
    api.mount(hive.routes())
    assert (await api("GET", "/early")).status == 500
    with pytest.raises(LookupError, match=r"Early\.later"):
        hive.resource  # noqa: B018

    class Later(Late):
        __tablename__ = "later"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(TypeError, match="exclude: Early has no field later_id"):
        hive.resource  # noqa: B018
    right = bzz.ModelHive("sqlalchemy", Early, session_factory=database.factory)
    assert list(right.resource.schema.fields) == ["id", "later"]


async def test_a_foreign_key_is_named_by_its_relation(sql: Api) -> None:
    made = await sql.create("/book", title="Flatland")
    assert made == {"id": "1", "title": "Flatland", "pages": None, "author": None}
    assert (await sql("POST", "/book", json_body={"title": "x", "author_id": 1})).json["errors"] == {
        "author_id": ["unknown field"]
    }


def test_an_undefined_class_or_table_is_a_lookup_error_until_it_is_defined() -> None:
    class Late(DeclarativeBase):
        pass

    class By(Late):
        """Refers by a function, which has nothing to return yet."""

        __tablename__ = "by"
        id: Mapped[int] = mapped_column(primary_key=True)
        later_id: Mapped[int | None] = mapped_column(sa.ForeignKey("later.id"))
        later = relationship(lambda: Later)

    with pytest.raises(LookupError, match=r"By\.later"):
        SQLAlchemyProvider().describe(By)

    class Later(Late):
        """Refers by a table."""

        __tablename__ = "later"
        id: Mapped[int] = mapped_column(primary_key=True)
        many = relationship("By", secondary="pairs", viewonly=True)

    with pytest.raises(LookupError, match=r"Later\.many"):
        SQLAlchemyProvider().describe(By)
    sa.Table(
        "pairs",
        Late.metadata,
        sa.Column("by_id", sa.ForeignKey("by.id"), primary_key=True),
        sa.Column("later_id", sa.ForeignKey("later.id"), primary_key=True),
    )
    assert list(fields(By)) == ["id", "later"]
    assert fields(Later)["many"] == ("list", False, False, True)


async def test_a_parent_whose_key_identifies_a_member_is_not_deleted(api: Api, database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Profile(Own):
        __tablename__ = "own_profile"
        id: Mapped[int] = mapped_column(sa.ForeignKey("own_user.id"), primary_key=True)

    class User(Own):
        __tablename__ = "own_user"
        id: Mapped[int] = mapped_column(primary_key=True)
        profile: Mapped[Profile | None] = relationship()

    globals().update(Profile=Profile)
    await mount(api, database, Own, User, Profile)
    await api.create("/user")
    await api.create("/profile", id="1")
    assert (await api("DELETE", "/user/1")).status == 409
    assert (await api("GET", "/user/1?fields=profile")).json == {"profile": "1"}
    assert (await api("POST", "/user/1/profile", json_body={"profile": "1"})).status == 405
