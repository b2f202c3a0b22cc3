"""The scopes that the page Permissions prints for each provider hide other companies' rows from every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import mongoengine
import pytest
import sqlalchemy
import tornado.web
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import pre_create_instance
from bzz.testing import served
from tests.support.attacks import Ask, Prey, assert_hidden, assert_unreachable, hide
from tests.support.guides import dispose, rows


class Handler(bzz.ModelHandler):
    """Signs in the user that the header ``X-User`` names, with a company of the same name."""

    def get_current_user(self) -> Any:
        return {"company": self.request.headers.get("X-User")}


def scope_of(provider: str, model: type) -> Any:
    """Return the scope that the page prints for a provider."""
    table = rows("guides/permissions.md", "provider | for a user with a company")
    [(_, known, unknown)] = [row for row in table if provider in row[0]]

    def scope(queryset: Any, handler: Any) -> Any:
        company = handler.current_user["company"]
        names = {"queryset": queryset, "Invoice": model, "company": company, "sqlalchemy": sqlalchemy}
        return eval((known if company else unknown).strip("`"), names)  # noqa: S307  # our own documentation

    return scope


def set_company(sender: type, data: dict[str, Any], handler: Any) -> None:
    if handler:
        data["company"] = handler.current_user["company"]


@asynccontextmanager
async def invoices(provider: Any, invoice: type, folder: type, scope: Any) -> AsyncIterator[tuple[Ask, Prey, Prey]]:
    hive = bzz.ModelHive(provider, invoice, handler_class=Handler, scope=scope, exclude=["company"])
    folders = bzz.ModelHive(provider, folder, handler_class=Handler)
    pre_create_instance.connect(set_company, sender=invoice)
    async with served(tornado.web.Application([hive.routes("/api"), folders.routes("/api")])) as client:
        ada = partial(client, headers={"X-User": "acme"})
        prey, ghost = await hide(hive, {"text": "Our secret"}, ada, "text")
        yield client, prey, ghost
        assert (await ada("GET", f"{prey.at}/{prey.id}")).json["text"] == "Our secret"
        assert (await ada("GET", f"/api/folder/{prey.folder}/papers")).json != []


@pytest.mark.usefixtures("mongodb")
@pytest.mark.parametrize("user", ["evil", ""])
async def test_the_scope_for_mongoengine_hides_the_documents_of_others_from_every_request(user: str) -> None:
    class Invoice(mongoengine.Document):
        text = mongoengine.StringField()
        company = mongoengine.StringField()

    class Folder(mongoengine.Document):
        papers = mongoengine.ListField(mongoengine.ReferenceField(Invoice))
        cover = mongoengine.ReferenceField(Invoice)

    scope = scope_of("mongoengine", Invoice)
    async with invoices(MongoEngineProvider(), Invoice, Folder, scope) as (client, prey, ghost):
        stranger = partial(client, headers={"X-User": user})
        own = (await stranger("POST", "/api/folder", json_body={})).json["id"]
        await assert_hidden(stranger, prey, ghost, own)


@pytest.mark.parametrize("user", ["evil", ""])
async def test_the_scope_for_sqlalchemy_hides_the_rows_of_others_from_every_request(user: str, tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    pairs: list[Column[int]] = [Column("folder", ForeignKey("folder.id")), Column("invoice", ForeignKey("invoice.id"))]
    table = Table("folder_invoice", Base.metadata, *pairs)

    class Invoice(Base):
        __tablename__ = "invoice"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        company: Mapped[str | None]

    class Folder(Base):
        __tablename__ = "folder"
        id: Mapped[int] = mapped_column(primary_key=True)
        cover_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
        cover: Mapped[Invoice | None] = relationship(Invoice)
        papers: Mapped[list[Invoice]] = relationship(Invoice, secondary=table)

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/invoices.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    provider, scope = SQLAlchemyProvider(async_sessionmaker(engine)), scope_of("sqlalchemy", Invoice)
    try:
        async with invoices(provider, Invoice, Folder, scope) as (client, prey, _):
            stranger = partial(client, headers={"X-User": user})
            own = (await stranger("POST", "/api/folder", json_body={})).json["id"]
            await assert_unreachable(stranger, prey, own)
    finally:
        await dispose(engine)
