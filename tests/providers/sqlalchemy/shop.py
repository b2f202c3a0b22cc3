"""Classes with composite primary keys, and relations between them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


label_of_line = sa.Table(
    "label_of_line",
    Base.metadata,
    sa.Column("label_id", sa.ForeignKey("label.id"), primary_key=True),
    sa.Column("order_id", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.ForeignKeyConstraint(["order_id", "position"], ["line.order_id", "line.position"]),
)


class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    lines: Mapped[list[Line]] = relationship(back_populates="order")


class Line(Base):
    __tablename__ = "line"
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("order.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str | None]
    order: Mapped[Order] = relationship(back_populates="lines")
    shipments: Mapped[list[Shipment]] = relationship(back_populates="line")
    labels: Mapped[list[Label]] = relationship(secondary=label_of_line, back_populates="lines")


class Label(Base):
    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[Line]] = relationship(secondary=label_of_line, back_populates="labels")


class Shipment(Base):
    __tablename__ = "shipment"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int | None]
    position: Mapped[int | None]
    line: Mapped[Line | None] = relationship(back_populates="shipments")
    __table_args__ = (sa.ForeignKeyConstraint(["order_id", "position"], ["line.order_id", "line.position"]),)


class Account(Base):
    """A class with a column ``id`` that is a part of the primary key."""

    __tablename__ = "account"
    tenant: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    id: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    invoices: Mapped[list[Invoice]] = relationship(back_populates="account")


class Invoice(Base):
    """A class whose primary key and foreign key have a column in common."""

    __tablename__ = "invoice"
    tenant: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[str | None] = mapped_column(sa.String(20))
    account: Mapped[Account | None] = relationship(back_populates="invoices")
    __table_args__ = (sa.ForeignKeyConstraint(["tenant", "account_id"], ["account.tenant", "account.id"]),)


class Measure(Base):
    """A class whose key has a part that is converted, and a part that has a default."""

    __tablename__ = "measure"
    time: Mapped[datetime] = mapped_column(primary_key=True)
    sensor: Mapped[str] = mapped_column(sa.String(20), primary_key=True, default="main")
    value: Mapped[int | None]


SHOP = (Order, Line, Label, Shipment, Invoice, Measure)
