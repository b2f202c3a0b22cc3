from __future__ import annotations

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.providers.sqlalchemy.models import Author
from tests.providers.sqlalchemy.shop import Line, Shipment


def test_a_field_has_the_columns_that_store_it() -> None:
    mapped_class = SQLAlchemyProvider().mapped_class
    assert mapped_class(Author).attributes("mentor") == ("mentor_id",)
    assert mapped_class(Author).attributes("books") == ("books",)
    assert mapped_class(Shipment).attributes("line") == ("order_id", "position")
    assert mapped_class(Line).attributes("order_id~position") == ("order_id", "position")
    assert [column.key for column in mapped_class(Line).key] == ["order_id", "position"]


def test_the_parameters_of_a_statement_are_the_parts_of_a_key() -> None:
    mapped_class = SQLAlchemyProvider().mapped_class
    lines = mapped_class(Line)
    assert str(lines.equals("order_id~position")) == "line.order_id = :key AND line.position = :key1"
    assert lines.parameters("order_id~position", (1, 5)) == {"key": 1, "key1": 5}
    assert mapped_class(Shipment).parameters("line", None) == {"key": None, "key1": None}
    assert mapped_class(Author).parameters("id", 7) == {"key": 7}


def test_an_attribute_is_shown_by_one_field() -> None:
    mapped_class = SQLAlchemyProvider().mapped_class
    assert mapped_class(Line).field_names["order_id"] == "order_id"
    assert mapped_class(Shipment).field_names["order_id"] == "line"
