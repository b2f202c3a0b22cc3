"""Columns as people write them: the decorators of SQLAlchemy's documentation, and every common type."""

from __future__ import annotations

import enum
import json
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import BINARY, CHAR, TypeDecorator

from tests.providers.sqlalchemy.databases import DATETIME, TEXT, TIME


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: TEXT, datetime: DATETIME, time: TIME}


class GUID(TypeDecorator[uuid.UUID]):
    """A UUID where the database has it, and 32 digits elsewhere."""

    impl = CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(postgresql.UUID() if dialect.name == "postgresql" else CHAR(32))

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value is None or dialect.name == "postgresql":
            return None if value is None else str(value)
        return f"{uuid.UUID(str(value)).int:032x}"

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None or isinstance(value, uuid.UUID) else uuid.UUID(value)


class BinaryUUID(TypeDecorator[uuid.UUID]):
    impl = BINARY(16).with_variant(postgresql.BYTEA(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.bytes

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else uuid.UUID(bytes=bytes(value))


class JSONEncoded(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class IntEnum(TypeDecorator[Level]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Level(value)


class Epoch(TypeDecorator[datetime]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else datetime.fromtimestamp(value, UTC)


class TZDateTime(TypeDecorator[datetime]):
    """Refuses naive times and stores UTC."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value is not None and value.tzinfo is None:
            raise TypeError("tzinfo is required")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.replace(tzinfo=UTC)


class Seconds(TypeDecorator[timedelta]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value.total_seconds())

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else timedelta(seconds=value)


class Lower(TypeDecorator[str]):
    impl = sa.String(60)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.lower()


class Secret(TypeDecorator[str]):
    """Text that nobody reads in the database."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else bytes(byte ^ 42 for byte in value.encode())

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else bytes(byte ^ 42 for byte in bytes(value)).decode()


class Tagged(TypeDecorator[Any]):
    """Loads another type for each database."""

    impl = sa.types.TypeEngine
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(sa.String(50) if dialect.name == "sqlite" else sa.Text())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.split(",")


class Guided(Base):
    __tablename__ = "guided"
    id: Mapped[uuid.UUID] = mapped_column(GUID, primary_key=True, default=uuid.uuid4)
    name: Mapped[str | None]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("guided.id"))
    parent: Mapped[Guided | None] = relationship(remote_side="Guided.id")


class Packed(Base):
    __tablename__ = "packed"
    id: Mapped[uuid.UUID] = mapped_column(BinaryUUID, primary_key=True, default=uuid.uuid4)
    token: Mapped[uuid.UUID | None] = mapped_column(BinaryUUID)


class Decorated(Base):
    __tablename__ = "decorated"
    id: Mapped[int] = mapped_column(primary_key=True)
    encoded: Mapped[dict[str, Any] | None] = mapped_column(JSONEncoded)
    level: Mapped[Level | None] = mapped_column(IntEnum)
    since: Mapped[datetime | None] = mapped_column(Epoch)
    at: Mapped[datetime | None] = mapped_column(TZDateTime)
    lasts: Mapped[timedelta | None] = mapped_column(Seconds)
    email: Mapped[str | None] = mapped_column(Lower)
    secret: Mapped[str | None] = mapped_column(Secret)
    tags: Mapped[Any | None] = mapped_column(Tagged)


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Typed(Base):
    __tablename__ = "typed"
    id: Mapped[int] = mapped_column(primary_key=True)
    big: Mapped[int | None] = mapped_column(sa.BigInteger)
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    whole: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 0))
    rate: Mapped[float | None] = mapped_column(sa.Numeric(10, 4, asdecimal=False))
    real: Mapped[float | None] = mapped_column(sa.REAL)
    double: Mapped[float | None] = mapped_column(sa.Double)
    fixed: Mapped[str | None] = mapped_column(sa.CHAR(12))
    short: Mapped[str | None] = mapped_column(sa.String(8))
    text: Mapped[str | None] = mapped_column(sa.Text)
    flag: Mapped[bool | None]
    color: Mapped[Color | None] = mapped_column(sa.Enum(Color, name="corpus_color"))
    kind: Mapped[str | None] = mapped_column(sa.Enum("a", "b", name="kinds"))
    day: Mapped[date | None]
    wake: Mapped[time | None]
    at: Mapped[datetime | None]
    span: Mapped[timedelta | None] = mapped_column(sa.Interval)
    raw: Mapped[bytes | None]
    free: Mapped[Any | None] = mapped_column(sa.JSON)
    changing: Mapped[dict[str, Any] | None] = mapped_column(MutableDict.as_mutable(sa.JSON))
    several: Mapped[list[Any] | None] = mapped_column(MutableList.as_mutable(sa.JSON))
    token: Mapped[uuid.UUID | None]
    text_token: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))
    pickled: Mapped[Any | None] = mapped_column(sa.PickleType)


class Stamped(Base):
    """Its times are the database's."""

    __tablename__ = "stamped"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="new")
    made: Mapped[datetime] = mapped_column(sa.DateTime, server_default=sa.func.now())
    changed: Mapped[datetime] = mapped_column(sa.DateTime, server_default=sa.func.now(), onupdate=sa.func.now())
    day: Mapped[date] = mapped_column(server_default=sa.func.current_date())
    state: Mapped[str] = mapped_column(sa.String(20), server_default="draft")
    length: Mapped[int | None] = mapped_column(sa.Computed("length(name)", persisted=True))


MODELS = (Guided, Packed, Decorated, Typed, Stamped)
GIVEN: dict[str, Any] = {"several": lambda number: [number, "x"]}
