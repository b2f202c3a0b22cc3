"""Classes with association objects, composite keys, inheritance, a tree, and two keys to one table."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Trade(DeclarativeBase):
    pass


product_category = sa.Table(
    "product_category",
    Trade.metadata,
    sa.Column("product_id", sa.ForeignKey("product.id"), primary_key=True),
    sa.Column("category_id", sa.ForeignKey("category.id"), primary_key=True),
)


class Party(Trade):
    __tablename__ = "party"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(40))
    orders: Mapped[list[Order]] = relationship(back_populates="customer")
    vehicles: Mapped[list[Vehicle]] = relationship(back_populates="owner")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "party"}  # noqa: RUF012


class Person(Party):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(sa.ForeignKey("party.id"), primary_key=True)
    born: Mapped[date | None]
    boss_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    boss: Mapped[Person | None] = relationship(back_populates="reports", remote_side="Person.id", foreign_keys=boss_id)
    reports: Mapped[list[Person]] = relationship(back_populates="boss", foreign_keys=boss_id)
    employments: Mapped[list[Employment]] = relationship(back_populates="person", passive_deletes="all")
    companies: Mapped[list[Company]] = relationship(
        secondary="employment", back_populates="people", overlaps="employments,person,company"
    )
    __mapper_args__ = {"polymorphic_identity": "person", "inherit_condition": id == Party.id}  # noqa: A003, RUF012


class Company(Party):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(sa.ForeignKey("party.id"), primary_key=True)
    vat: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    employments: Mapped[list[Employment]] = relationship(
        back_populates="company", passive_deletes="all", overlaps="companies"
    )
    people: Mapped[list[Person]] = relationship(
        secondary="employment", back_populates="companies", overlaps="employments,person,company"
    )
    __mapper_args__ = {"polymorphic_identity": "company"}  # noqa: RUF012


class Employment(Trade):
    __tablename__ = "employment"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(20), default="staff")
    person: Mapped[Person] = relationship(back_populates="employments", overlaps="companies,people")
    company: Mapped[Company] = relationship(back_populates="employments", overlaps="companies,people")


class Product(Trade):
    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(sa.String(20), unique=True)
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))
    is_sold: Mapped[bool] = mapped_column(default=True)
    lines: Mapped[list[Line]] = relationship(back_populates="product")
    orders: Mapped[list[Order]] = relationship(secondary="line", viewonly=True)
    categories: Mapped[list[Category]] = relationship(secondary=product_category, back_populates="products")


class Category(Trade):
    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"))
    parent: Mapped[Category | None] = relationship(back_populates="children", remote_side="Category.id")
    children: Mapped[list[Category]] = relationship(back_populates="parent", order_by="Category.name.desc()")
    products: Mapped[list[Product]] = relationship(secondary=product_category, back_populates="categories")


class Order(Trade):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    placed: Mapped[datetime | None]
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("party.id"))
    customer: Mapped[Party | None] = relationship(back_populates="orders")
    lines: Mapped[list[Line]] = relationship(back_populates="order", cascade="all, delete-orphan")
    notes: Mapped[list[Note]] = relationship(back_populates="order", cascade="all, delete-orphan")


class Note(Trade):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.String(20))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("order.id"))
    order: Mapped[Order] = relationship(back_populates="notes")


class Line(Trade):
    __tablename__ = "line"
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("order.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), primary_key=True)
    quantity: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship(back_populates="lines")
    shipments: Mapped[list[Shipment]] = relationship(back_populates="line")


class Shipment(Trade):
    __tablename__ = "shipment"
    id: Mapped[int] = mapped_column(primary_key=True)
    sent: Mapped[date | None]
    order_id: Mapped[int | None]
    product_id: Mapped[int | None]
    line: Mapped[Line | None] = relationship(back_populates="shipments")
    __table_args__ = (sa.ForeignKeyConstraint(["order_id", "product_id"], ["line.order_id", "line.product_id"]),)


class Vehicle(Trade):
    __tablename__ = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    plate: Mapped[str] = mapped_column(sa.String(20), unique=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("party.id"))
    owner: Mapped[Party | None] = relationship(back_populates="vehicles")
    permit: Mapped[Permit | None] = relationship(back_populates="vehicle")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}  # noqa: RUF012


class Car(Vehicle):
    seats: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "car"}  # noqa: RUF012


class Truck(Vehicle):
    load: Mapped[float | None]
    driver_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    driver: Mapped[Person | None] = relationship(foreign_keys=driver_id)
    __mapper_args__ = {"polymorphic_identity": "truck"}  # noqa: RUF012


class Permit(Trade):
    __tablename__ = "permit"
    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    vehicle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("vehicle.id"), unique=True)
    vehicle: Mapped[Vehicle | None] = relationship(back_populates="permit")


class Account(Trade):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    outgoing: Mapped[list[Transfer]] = relationship(back_populates="source", foreign_keys="Transfer.source_id")
    incoming: Mapped[list[Transfer]] = relationship(back_populates="target", foreign_keys="Transfer.target_id")


class Transfer(Trade):
    __tablename__ = "transfer"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(12, 2))
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    target_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    source: Mapped[Account] = relationship(back_populates="outgoing", foreign_keys=source_id)
    target: Mapped[Account | None] = relationship(back_populates="incoming", foreign_keys=target_id)


MODELS = [Party, Person, Company, Employment, Product, Category, Order, Note, Line, Shipment]
MODELS += [Vehicle, Car, Truck, Permit, Account, Transfer]
