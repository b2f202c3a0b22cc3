from __future__ import annotations

from dataclasses import replace

import pytest

from bzz.exceptions import NotFound
from bzz.schema.custom_types import Type
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.making import make_schema, with_sortable_key
from bzz.schema.scalars import INTEGER, STRING
from tests.support.schemas import OTHER, Model, fields


def test_an_identifier_has_one_spelling() -> None:
    schema = make_schema(Model, fields(Field("id", INTEGER), Field("name", STRING)), pk="id")
    assert schema.key_of("7") == 7
    assert schema.identifier(7) == "7"
    assert schema.identifier(None) is None
    for wrong in ("07", "+7", "x", ""):
        with pytest.raises(NotFound):
            schema.key_of(wrong)


def test_the_primary_key_travels_as_text() -> None:
    schema = make_schema(Model, fields(Field("code", INTEGER), Field("name", STRING)), pk="code", id_field="name")
    [(key, field), _] = schema.readable
    assert (key, field.type.dump(7), field.type.parse("7")) == ("id", "7", 7)
    assert schema.key_of("Ada") == "Ada"


@pytest.mark.parametrize(
    ("names", "pk", "id_field", "message"),
    [
        (("code",), "code", "slug", "names no field: 'slug'"),
        (("code", "meta"), "code", "meta", "meta has parts"),
    ],
)
def test_a_model_that_cannot_be_addressed_is_refused(
    names: tuple[str, ...], pk: str, id_field: str | None, message: str
) -> None:
    declared = fields(*(Field(name, JSON if name == "meta" else STRING) for name in names))
    with pytest.raises(TypeError, match=message):
        make_schema(Model, declared, pk=pk, id_field=id_field)


def test_a_reference_may_be_a_primary_key() -> None:
    assert make_schema(Model, fields(Field("user", OTHER)), pk="user").key_of("7") == 7


def test_the_primary_key_has_its_own_name_beside_another_field_id() -> None:
    schema = make_schema(Model, fields(Field("code", STRING), Field("id", INTEGER)), pk="code")
    assert schema.represent({"code": "a", "id": 7}) == {"code": "a", "id": 7}
    assert schema.parse_new({"code": "a", "id": 7}) == {"code": "a", "id": 7}


def test_a_store_that_orders_all_keys_makes_their_field_sortable() -> None:
    mixed, money = replace(STRING, sortable=False), Type("money", str, str)
    for datatype, is_sortable in ((mixed, True), (OTHER, True), (money, False)):
        found = with_sortable_key(fields(Field("id", datatype), Field("other", mixed)), "id")
        assert (found["id"].type.sortable, found["other"].type.sortable) == (is_sortable, False)
