"""Classes that automap makes from tables of shops, in the manner of Northwind, Chinook and Sakila."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Numeric, String, Table
from sqlalchemy.ext.automap import automap_base

metadata = MetaData()
Table(
    "category",
    metadata,
    Column("category_id", Integer, primary_key=True),
    Column("category_name", String(15), nullable=False, unique=True),
    Column("description", sa.Text),
    Column("picture", sa.LargeBinary),
)
Table(
    "supplier",
    metadata,
    Column("supplier_id", Integer, primary_key=True),
    Column("company_name", String(40), nullable=False),
    Column("home_page", sa.Text),
)
Table(
    "product",
    metadata,
    Column("product_id", Integer, primary_key=True),
    Column("product_name", String(40), nullable=False),
    Column("category_id", ForeignKey("category.category_id")),
    Column("supplier_id", ForeignKey("supplier.supplier_id")),
    Column("unit_price", Numeric(10, 2), server_default="0"),
    Column("units_in_stock", sa.SmallInteger),
    Column("discontinued", sa.Boolean, nullable=False),
)
Table(
    "customer",
    metadata,
    Column("customer_id", sa.CHAR(5), primary_key=True),
    Column("company_name", String(40), nullable=False),
    Column("region", String(15)),
)
Table(
    "employee",
    metadata,
    Column("employee_id", Integer, primary_key=True),
    Column("last_name", String(20), nullable=False),
    Column("birth_date", sa.DateTime),
    Column("reports_to", ForeignKey("employee.employee_id")),
)
Table(
    "sale",
    metadata,
    Column("sale_id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customer.customer_id")),
    Column("employee_id", ForeignKey("employee.employee_id")),
    Column("ordered", sa.Date),
    Column("freight", Numeric(10, 4)),
)
Table(
    "sale_detail",
    metadata,
    Column("sale_id", ForeignKey("sale.sale_id"), primary_key=True),
    Column("product_id", ForeignKey("product.product_id"), primary_key=True),
    Column("unit_price", Numeric(10, 2), nullable=False),
    Column("quantity", sa.SmallInteger, nullable=False, server_default="1"),
    Column("discount", sa.REAL, nullable=False, server_default="0"),
)
Table(
    "track",
    metadata,
    Column("track_id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("bytes", sa.BigInteger),
    Column("unit_price", Numeric(10, 2), nullable=False),
)
Table("playlist", metadata, Column("playlist_id", Integer, primary_key=True), Column("name", String(120)))
Table(
    "playlist_track",
    metadata,
    Column("playlist_id", ForeignKey("playlist.playlist_id"), primary_key=True),
    Column("track_id", ForeignKey("track.track_id"), primary_key=True),
)
Table(
    "film",
    metadata,
    Column("film_id", Integer, primary_key=True),
    Column("title", String(128), nullable=False),
    Column("release_year", Integer),
    Column("rental_rate", Numeric(4, 2), nullable=False, server_default="4.99"),
    Column("rating", sa.Enum("G", "PG", "R", name="film_rating"), server_default="G"),
    Column("last_update", sa.DateTime, nullable=False, server_default=sa.func.now()),
)
Table(
    "inventory",
    metadata,
    Column("inventory_id", Integer, primary_key=True),
    Column("film_id", ForeignKey("film.film_id", ondelete="RESTRICT"), nullable=False),
    Column("store", sa.SmallInteger, nullable=False),
)
Table(
    "rental",
    metadata,
    Column("rental_id", Integer, primary_key=True),
    Column("rented", sa.DateTime(timezone=True), nullable=False),
    Column("inventory_id", ForeignKey("inventory.inventory_id"), nullable=False),
    Column("customer_id", ForeignKey("customer.customer_id"), nullable=False),
    sa.UniqueConstraint("rented", "inventory_id", "customer_id"),
)

Base: Any = automap_base(metadata=metadata)
Base.prepare()
MODELS = tuple(Base.classes)
GIVEN: dict[str, Any] = {"customer_id": lambda number: f"C{number}"}
