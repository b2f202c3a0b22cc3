from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest
from bson import ObjectId

import bzz
from bzz.providers.mongoengine.documents import document_class_of
from bzz.resources.options import restrict
from tests.providers.mongoengine.models import Bigger, Careful, Everything, Natural, Owned, Part, Tree


def test_the_schema_of_a_document_class_is_made_once() -> None:
    assert document_class_of(Everything) is document_class_of(Everything)


def test_a_request_may_set_a_primary_key_only_if_it_is_not_generated() -> None:
    generated, natural = document_class_of(Everything).schema, document_class_of(Natural).schema
    assert (generated.pk, generated.fields["id"].insertable) == ("id", False)
    assert (natural.pk, natural.fields["code"].insertable, natural.fields["code"].updatable) == ("code", True, False)


def test_the_ordering_of_the_model_is_the_default_order() -> None:
    assert document_class_of(Careful).schema.sort == (("name", True),)
    assert document_class_of(Natural).schema.sort == ()


def test_get_id_field_name_overrules_the_primary_key_as_identifier() -> None:
    assert document_class_of(Owned).schema.id_field == "slug"
    assert document_class_of(Natural).schema.id_field == "code"


def test_files_and_class_markers_are_no_fields() -> None:
    assert "file" not in document_class_of(Everything).schema.fields
    assert "_cls" in Bigger._fields
    assert set(document_class_of(Bigger).schema.fields) == {"name", "size", "more"}


def test_a_document_may_embed_its_own_class() -> None:
    tree = document_class_of(Tree).schema
    assert tree.parse_new({"children": [{"children": [{"value": "3"}]}]}) == {
        "children": [{"children": [{"value": 3}]}]
    }


def test_an_id_that_is_not_the_key_needs_another_public_name() -> None:
    class TwoIds(me.Document):
        code = me.StringField(primary_key=True)
        id = me.StringField()

    schema = document_class_of(TwoIds).schema
    with pytest.raises(TypeError, match="TwoIds: the fields code and id both have the public name id"):
        restrict(schema)
    values = {"code": "a", "id": "b"}
    assert restrict(schema, rename={"id": "number"}).represent(values) == {"id": "a", "number": "b"}


def test_an_identifying_field_that_does_not_exist_is_refused() -> None:
    class Misspelt(me.Document):
        slug = me.StringField()

        @classmethod
        def get_id_field_name(cls) -> str:
            return "slgu"

    with pytest.raises(TypeError, match="'slgu'"):
        document_class_of(Misspelt)


def test_assign_marks_only_the_values_that_differ_as_changed() -> None:
    document = Everything._from_son(
        {"_id": 1, "text": "a", "whole": 1, "part": {"_cls": "Part", "name": "x", "size": 2}}
    )
    known = document_class_of(Everything)
    old = known.values(document)
    new: dict[str, Any] = old | {"text": "b", "part": {"name": "y", "size": 2}}
    known.assign(document, old, known.schema.changed(old, new))
    assert sorted(document._get_changed_fields()) == ["part.name", "text"]


def test_assign_writes_a_value_that_differs_only_in_json() -> None:
    document = Everything._from_son({"_id": 1, "dynamic": 1, "free": {"a": 1}, "anything": [0]})
    known = document_class_of(Everything)
    old = known.values(document)
    new = old | {"dynamic": True, "free": {"a": True}, "anything": [False]}
    known.assign(document, old, known.schema.changed(old, new))
    assert sorted(document._get_changed_fields()) == ["anything", "dynamic", "free"]


def test_unchanged_documents_of_a_list_keep_their_classes() -> None:
    parts = [{"_cls": "Part.Bigger", "name": str(n), "size": n, "more": "kept"} for n in range(3)]
    document = Everything._from_son({"_id": 1, "parts": parts})
    known = document_class_of(Everything)
    old = known.values(document)
    new = old | {"parts": [{"size": 2, "name": "2"}, {"name": "0", "size": 9}, {"name": "1", "size": 1}]}
    known.assign(document, old, known.schema.changed(old, new))
    assert [type(part) for part in document.parts] == [Bigger, Part, Bigger]
    assert [part.name for part in document.parts] == ["2", "0", "1"]


def test_documents_of_a_dict_keep_their_classes_and_their_other_values() -> None:
    class Holder(me.Document):
        by_key = me.MapField(me.EmbeddedDocumentField(Part))

    bigger = {"_cls": "Part.Bigger", "name": "a", "more": "kept"}
    document = Holder._from_son({"_id": ObjectId(), "by_key": {"k": bigger, "gone": bigger}})
    known = document_class_of(Holder)
    old = known.values(document)
    changed = known.schema.changed(old, known.schema.merge(old, {"by_key": {"k": {"size": 2}, "gone": None}}))
    known.assign(document, old, changed)
    assert list(document.by_key) == ["k"]
    kept = document.by_key["k"]
    assert (type(kept), kept.name, kept.size, kept.more) == (Bigger, "a", 2, "kept")


def test_an_ordering_may_name_the_primary_key_in_any_way() -> None:
    for number, name in enumerate(("-pk", "-_id", "-id", "-code")):
        fields = {"code": me.StringField(primary_key=True), "meta": {"ordering": [name, "+part__size"]}}
        ordered = type(f"Ordered{number}", (me.Document,), fields)
        assert document_class_of(ordered).schema.sort == (("code", True), ("part.size", False))


def test_an_embedded_document_as_primary_key_is_refused() -> None:
    class Composite(me.Document):
        key = me.EmbeddedDocumentField(Part, primary_key=True)

    with pytest.raises(TypeError, match=r"Composite\.key has parts"):
        document_class_of(Composite)


def test_build_gives_missing_values_their_defaults() -> None:
    part = document_class_of(Part).build({"name": None, "size": None})
    assert (part.name, part.size) == (None, 1)


class NulledPart(me.EmbeddedDocument):
    color = me.StringField(default="red", null=True)


class Nulled(me.Document):
    color = me.StringField(default="red", null=True)
    never = me.StringField(default="red")
    part = me.EmbeddedDocumentField(NulledPart)


async def test_an_explicit_null_is_stored_where_the_field_can_store_it(mongodb: None) -> None:
    hive = bzz.ModelHive("mongoengine", Nulled)
    nulls = {"color": None, "never": None, "part": {"color": None}}
    created = await hive.create(nulls)
    stored = {**nulls, "never": "red"}
    assert Nulled._get_collection().find_one({}, {"_id": False}) == stored
    await hive.update(created.pk, {"color": "x", "never": "x", "part": {"color": "x"}})
    await hive.update(created.pk, nulls)
    assert Nulled._get_collection().find_one({}, {"_id": False}) == stored
    await hive.close()
