"""What a write that fails leaves of the instances that receivers have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import bzz
from bzz.exceptions import Conflict
from bzz.signals import request_failed
from tests.providers.sqlalchemy.databases import DRIVERS, connected, url


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    friend_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


@pytest.mark.parametrize("driver", DRIVERS)
async def test_who_is_told_of_a_failure_finds_the_instance_as_it_was(driver: str, tmp_path: Path) -> None:
    told: list[tuple[str, str, int | None]] = []

    @request_failed.connect_via(User)
    def tell(sender: Any, act: str, instance: User) -> None:
        told.append((act, instance.name, instance.friend_id))

    async with connected(url(driver, tmp_path), Base.metadata) as factory:
        users = bzz.ModelHive("sqlalchemy", User, session_factory=factory)
        ada = await users.create({"name": "Ada"})
        bob = await users.create({"name": "Bob", "friend_id": ada.id})
        with pytest.raises(Conflict):
            await users.update(bob.id, {"name": "Ada", "friend_id": None})
        with pytest.raises(Conflict):
            await users.delete(ada.id)
        await users.close()
    assert told == [("update", "Bob", 1), ("delete", "Ada", None)]
