"""Column types that convert values themselves, in the manner of SQLAlchemy's documentation and of sqlalchemy-utils."""

from __future__ import annotations

import base64
import enum
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Settings(BaseModel):
    dark: bool = False
    size: int = 0


class Choice:
    """Has a code, which is stored, and a text."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __eq__(self, other: object) -> bool:
        return self.code == getattr(other, "code", other)

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        return f"choice {self.code}"


class Password:
    """Has a hash and no text."""

    def __init__(self, digest: bytes) -> None:
        self.digest = digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Password) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)


class GUID(TypeDecorator[uuid.UUID]):
    """Is SQLAlchemy's recipe: a native UUID in PostgreSQL, CHAR(32) elsewhere."""

    impl = sa.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        native = postgresql.UUID() if dialect.name == "postgresql" else sa.CHAR(32)
        kind: TypeEngine[Any] = dialect.type_descriptor(native)
        return kind

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.hex

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None or isinstance(value, uuid.UUID) else uuid.UUID(value)


class BinaryUUID(TypeDecorator[uuid.UUID]):
    impl = sa.LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value and value.bytes

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and uuid.UUID(bytes=value)


class NamedUUID(BinaryUUID):
    """Says itself what its values are."""

    python_type = uuid.UUID
    cache_ok = True


class JSONText(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None else json.dumps(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None else json.loads(value)


class ScalarList(TypeDecorator[list[str]]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None else ",".join(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None else value.split(",")


class EnumNumber(TypeDecorator[Level]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value and value.value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and Level(value)


class Epoch(TypeDecorator[datetime]):
    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None else int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None else datetime.fromtimestamp(value, UTC)


class Aware(TypeDecorator[datetime]):
    """Refuses dates and times without a zone, and reads them with one."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value is not None and value.tzinfo is None:
            raise TypeError("a zone is missing")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and value.replace(tzinfo=UTC)


class Seconds(TypeDecorator[timedelta]):
    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value if value is None else int(value.total_seconds())

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value if value is None else timedelta(seconds=value)


class Encrypted(TypeDecorator[str]):
    impl = sa.String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value and base64.b64encode(value[::-1].encode()).decode()

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and base64.b64decode(value).decode()[::-1]


class Email(TypeDecorator[str]):
    """Stores what it shows, and says so: text in lower case."""

    impl = sa.String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value and value.lower()


class Chosen(TypeDecorator[Choice]):
    """Says that its values are those of the type beneath it, and is wrong."""

    impl = sa.String(10)
    cache_ok = True

    @property
    def python_type(self) -> Any:
        return self.impl_instance.python_type

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return getattr(value, "code", value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and Choice(value)


class Hashed(TypeDecorator[Password]):
    impl = sa.LargeBinary(100)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value and value.digest

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and Password(value)


class PydanticJSON(TypeDecorator[Settings]):
    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value and value.model_dump()

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and Settings(**value)


class Adapted(TypeDecorator[Any]):
    """Has a type in each database, and converts nothing."""

    impl = TypeEngine
    cache_ok = True
    if hasattr(operators, "OperatorClass"):  # from SQLAlchemy 2.1
        operator_classes = operators.OperatorClass.ANY

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = dialect.type_descriptor(self.kind)
        return kind


class Upper(sa.types.UserDefinedType[str]):
    """Has text in upper case, by functions of SQL, and an annotation alone tells that it is text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "VARCHAR(20)"

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.upper(bindvalue)


class Decorated(DeclarativeBase):
    pass


class Shop(Decorated):
    """Has SQLAlchemy's recipe as its key, without an annotation."""

    __tablename__ = "shop"
    id = mapped_column(GUID(), primary_key=True, default=uuid.uuid4)
    name: Mapped[str | None]
    sales: Mapped[list[Sale]] = relationship(back_populates="shop")


class Sale(Decorated):
    __tablename__ = "sale"
    id: Mapped[uuid.UUID] = mapped_column(BinaryUUID, primary_key=True, default=uuid.uuid4)
    shop_id = mapped_column(GUID(), sa.ForeignKey("shop.id"))
    shop: Mapped[Shop | None] = relationship(back_populates="sales")
    code: Mapped[Any | None] = mapped_column(NamedUUID)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONText)
    words: Mapped[list[str] | None] = mapped_column(ScalarList)
    level: Mapped[Level | None] = mapped_column(EnumNumber)
    at: Mapped[datetime | None] = mapped_column(Epoch)
    aware: Mapped[datetime | None] = mapped_column(Aware)
    secret: Mapped[str | None] = mapped_column(Encrypted)
    email = mapped_column(Email)
    title: Mapped[str | None] = mapped_column(Adapted(sa.String(10)))
    upper: Mapped[str | None] = mapped_column(Upper)


class Unknown(Decorated):
    """Has values that bzz does not know."""

    __tablename__ = "unknown"
    id: Mapped[int] = mapped_column(primary_key=True)
    span: Mapped[timedelta] = mapped_column(sa.Interval)
    seconds: Mapped[timedelta | None] = mapped_column(Seconds)
    kind: Mapped[Choice | None] = mapped_column(Chosen)
    password: Mapped[Password | None] = mapped_column(Hashed)
    settings: Mapped[Settings | None] = mapped_column(PydanticJSON)
    pickled: Mapped[Any | None] = mapped_column(sa.PickleType)
    data = mapped_column(JSONText)
