from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest

from bzz.providers.mongoengine.documents import schema
from tests.providers.mongoengine.models import Bigger, Careful, Everything, Natural, Owned, Part, Tree


def test_a_document_class_is_described_once() -> None:
    assert schema(Everything) is schema(Everything)


def test_the_primary_key_is_given_by_the_client_only_where_nothing_makes_it() -> None:
    generated, natural = schema(Everything).resource, schema(Natural).resource
    assert (generated.pk, generated.fields["id"].insertable) == ("id", False)
    assert (natural.pk, natural.fields["code"].insertable, natural.fields["code"].updatable) == ("code", True, False)


def test_the_models_ordering_is_the_default() -> None:
    assert schema(Careful).resource.sort == (("name", True),)
    assert schema(Natural).resource.sort == ()


def test_the_model_says_what_identifies_an_instance() -> None:
    assert schema(Owned).resource.id_field == "slug"
    assert schema(Natural).resource.id_field == "code"


def test_files_and_class_markers_are_no_fields() -> None:
    assert "file" not in schema(Everything).resource.fields
    assert "_cls" in Bigger._fields
    assert set(schema(Bigger).resource.fields) == {"name", "size", "more"}


def test_a_document_embeds_itself() -> None:
    tree = schema(Tree).resource
    assert tree.parse_insert({"children": [{"children": [{"value": "3"}]}]}) == {
        "children": [{"children": [{"value": 3}]}]
    }


def test_an_id_that_is_not_the_key_is_refused() -> None:
    class TwoIds(me.Document):
        code = me.StringField(primary_key=True)
        id = me.StringField()

    with pytest.raises(TypeError, match="TwoIds: a field id that is not the primary key"):
        schema(TwoIds)


def test_an_identifying_field_that_does_not_exist_is_refused() -> None:
    class Misspelt(me.Document):
        slug = me.StringField()

        @classmethod
        def get_id_field_name(cls) -> str:
            return "slgu"

    with pytest.raises(TypeError, match="'slgu'"):
        schema(Misspelt)


def test_assigning_marks_only_what_differs_as_changed() -> None:
    document = Everything._from_son(
        {"_id": 1, "text": "a", "whole": 1, "part": {"_cls": "Part", "name": "x", "size": 2}}
    )
    known = schema(Everything)
    old = known.values(document)
    new: dict[str, Any] = old | {"text": "b", "part": {"name": "y", "size": 2}}
    known.assign(document, old, known.resource.changed(old, new))
    assert sorted(document._get_changed_fields()) == ["part.name", "text"]


def test_building_leaves_out_what_is_unset_so_that_defaults_hold() -> None:
    part = schema(Part).build({"name": None, "size": None})
    assert (part.name, part.size) == (None, 1)
