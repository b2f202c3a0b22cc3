from __future__ import annotations

from contextlib import suppress
from typing import Any

import mongoengine as me
import pytest

from bzz.exceptions import Invalid
from bzz.providers.mongoengine import saving
from tests.providers.mongoengine.models import Careful, Natural

pytestmark = pytest.mark.usefixtures("mongodb")


class Twice(me.Document):
    """Saves itself twice, once more than it is asked to."""

    name = me.StringField()
    meta: dict[str, Any] = {"strict": True}  # noqa: RUF012

    def save(self, *args: Any, **kwargs: Any) -> Any:
        super().save(*args, **kwargs)
        self.name = f"{self.name} of {self.pk}"
        return super().save(*args, **kwargs)


def test_an_insert_does_not_replace_what_has_the_key() -> None:
    Natural(code="x", title="first").save()
    with pytest.raises(me.NotUniqueError):
        saving.insert(Natural(code="x", title="second"))
    assert Natural.objects.get(pk="x").title == "first"


def test_an_update_does_not_insert_what_is_gone() -> None:
    document = Careful(name="Ada")
    saving.insert(document)
    Careful.objects.delete()
    document.name = "Bob"
    with pytest.raises(me.errors.SaveConditionError):
        saving.update(document, document.pk, {})
    assert Careful.objects.count() == 0


def test_an_update_holds_only_where_its_condition_does() -> None:
    document = Natural(code="x", title="first").save()
    document.title = "second"
    with pytest.raises(me.errors.SaveConditionError):
        saving.update(document, "x", {"title": "another"})
    assert Natural.objects.get().title == "first"
    saving.update(document, "x", {"title": "first"})
    assert Natural.objects.get().title == "second"


def test_an_update_does_not_move_to_another_key() -> None:
    Natural(code="y", title="other").save()
    document = Natural(code="x", title="first").save()
    document.code = document.title = "y"
    with pytest.raises(Invalid, match="primary key"):
        saving.update(document, "x", {})
    assert Natural.objects.get(pk="y").title == "other"


def test_a_save_that_saves_twice_inserts_once_and_then_updates() -> None:
    document = Twice(name="Ada")
    saving.insert(document)
    assert Twice.objects.get().name == f"Ada of {document.pk}"


def test_afterwards_the_document_is_an_ordinary_one() -> None:
    document = Natural(code="x", title="first")
    saving.insert(document)
    assert not {"_save_create", "_save_update"} & set(vars(document))
    with pytest.raises(me.NotUniqueError):
        saving.insert(failing := Natural(code="x"))
    assert not {"_save_create", "_save_update"} & set(vars(failing))
    Natural.objects.delete()
    document.title = "second"
    document.save()
    assert Natural.objects.get().title == "second", "MongoEngine's own save() upserts"


def test_a_condition_holds_for_the_first_of_several_saves() -> None:
    document = Twice(name="Ada")
    saving.insert(document)
    document.name = "Bob"
    saving.update(document, document.pk, {"name": f"Ada of {document.pk}"})
    assert Twice.objects.get().name == f"Bob of {document.pk}"


class Soft(me.Document):
    """Is never really deleted."""

    is_gone = me.BooleanField(default=False)
    meta: dict[str, Any] = {"strict": True}  # noqa: RUF012

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self.update(is_gone=True)


def test_a_delete_holds_only_where_its_condition_does() -> None:
    document = Natural(code="x", title="first").save()
    told: list[str] = []

    def gone(sender: Any, document: Natural) -> None:
        told.append(document.title)

    me.signals.post_delete.connect(gone, sender=Natural)
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": "x", "title": "another"}, ["_id", "title"])
    assert (Natural.objects.count(), told) == (1, [])
    saving.delete(document, {"_id": "x", "title": "first"}, ["_id", "title"])
    assert (Natural.objects.count(), told) == (0, ["first"])
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": "x", "title": "first"}, ["title"])
    assert "_get_collection" not in vars(document)


class Careless(me.Document):
    """Deletes its children first, and hears of nothing."""

    parent = me.StringField()
    meta: dict[str, Any] = {"strict": True}  # noqa: RUF012

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self._get_collection().delete_many({"parent": str(self.pk)})
        with suppress(me.OperationError):
            super().delete(*args, **kwargs)


def test_only_the_document_itself_counts_and_it_does_even_if_nobody_listens() -> None:
    document = Careless().save()
    saving.delete(document, {"_id": document.pk})
    assert Careless.objects.count() == 0
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": document.pk})


class Going(me.QuerySet):
    """Says what is about to be deleted."""

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        self.update(state="going")
        return super().delete(*args, **kwargs)


class Leaving(me.Document):
    state = me.StringField()
    meta: dict[str, Any] = {"queryset_class": Going, "strict": True}  # noqa: RUF012


def test_a_queryset_class_may_do_things_of_its_own() -> None:
    document = Leaving(state="here").save()
    saving.delete(document, {"_id": document.pk, "state": "here"}, ["state"])
    assert Leaving.objects.count() == 0


def test_a_condition_is_for_a_model_that_does_nothing_of_its_own() -> None:
    def stamp(sender: Any, document: Natural) -> None:
        document.update(title="second")

    document = Natural(code="x", title="first").save()
    me.signals.pre_delete.connect(stamp, sender=Natural)
    saving.delete(document, {"_id": "x", "title": "first"}, ["_id", "title"])
    assert Natural.objects.count() == 0
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": "x"}, [])


def test_a_delete_that_nobody_acknowledges_is_taken_for_done() -> None:
    class Fleeting(me.Document):
        meta: dict[str, Any] = {"write_concern": {"w": 0}, "strict": True}  # noqa: RUF012

        def delete(self, *args: Any, **kwargs: Any) -> None:
            super().delete(*args, w=0, **kwargs)

    document = Fleeting().save()
    Fleeting.objects.delete()
    saving.delete(document, {"_id": document.pk}, [])


def test_a_delete_of_the_models_own_is_taken_at_its_word() -> None:
    document = Soft().save()
    saving.delete(document, {"_id": document.pk}, [])
    assert Soft.objects.get().is_gone
