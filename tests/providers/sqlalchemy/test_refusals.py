"""Constructors, validators and setters that do not take a value."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.refusals import refused_arguments, refused_value
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Reading(Base):
    """Reads its arguments as many constructors do."""

    __tablename__ = "refusing_reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    note: Mapped[str | None]

    def __init__(self, **kwargs: Any) -> None:
        self.name = kwargs["name"].strip()
        if self.name == "bug":
            raise TypeError
        if self.name == "nobody":
            raise AssertionError("Nobody is refused.")  # pytest would rewrite an assert
        self.note = kwargs.get("note", "").strip()


class Checked(Base):
    __tablename__ = "refusing_checked"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    extra: Mapped[Any] = mapped_column(sa.JSON, nullable=True)

    @validates("name")
    def _check_name(self, key: str, value: Any) -> Any:
        return value if len(value) > 1 else dict[str, Any]()["short"]

    @validates("email")
    def _check_email(self, key: str, value: Any) -> Any:
        if "@" not in value:
            raise AssertionError
        return value

    @validates("extra")
    def _check_extra(self, key: str, value: Any) -> Any:
        return value if value is None or value["ok"] else None


@pytest.fixture
def refusing(api: Api, database: Database, io_loop: Any) -> Api:
    return io_loop.run_sync(lambda: mount(api, database, Base, Reading, Checked))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("body", "status", "detail", "errors"),
    [
        ({"note": "x"}, 400, "The input is not valid.", {"name": ["is required"]}),
        ({"name": None}, 400, "The input is not valid.", {"name": ["is required"]}),
        ({"name": None, "note": None}, 400, "A value is missing; give one of name, note.", None),
        ({"name": "nobody"}, 400, "Nobody is refused.", None),
        ({"name": "bug"}, 500, None, None),
        ({"name": " x "}, 201, None, None),
    ],
)
async def test_a_constructor_that_lacks_a_value_is_a_400(
    refusing: Api, body: Any, status: int, detail: Any, errors: Any
) -> None:
    reply = await refusing("POST", "/reading", json_body=body)
    assert (reply.status, reply.json.get("detail"), reply.json.get("errors")) == (status, detail, errors)


async def test_validators_that_cannot_handle_null_name_their_field(refusing: Api) -> None:
    reply = await refusing("POST", "/checked", json_body={"name": None, "email": "x"})
    assert reply.json["errors"] == {"name": ["is required"], "email": ["cannot take this value"]}
    await refusing.create("/checked", name="xy", email="x@")
    reply = await refusing("PATCH", "/checked/1", json_body={"name": None, "email": None})
    assert reply.json["errors"] == {"name": ["is required"], "email": ["is required"]}
    assert (await refusing("PATCH", "/checked/1", json_body={"name": "x"})).status == 500, "this is a bug of the class"
    assert (await refusing("POST", "/checked", json_body={"extra": None})).status == 201


def test_errors_of_bzz_pass_through_unchanged() -> None:
    with pytest.raises(Invalid) as raised, refused_arguments(Reading, (), ()):
        raise Invalid(errors={"name": ["is wrong"]})
    assert raised.value.errors == {"name": ["is wrong"]}
    with pytest.raises(ValueError, match="is too long"), refused_value(Reading, "x", is_typed=True):
        raise ValueError("is too long")
