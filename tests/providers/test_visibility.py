"""Rules: which hooks and scopes decide over the instances of a class and of its subclasses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz.providers.visibility import EVERYTHING, visibility_of, visible
from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER
from bzz.schema.schema import Schema


class User:
    """Has both hooks."""

    @classmethod
    def get_list_queryset(cls, queryset: list[Any], handler: Any) -> list[Any]:
        return [*queryset, (cls, handler)]

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: list[Any], instance_id: str, handler: Any) -> list[Any]:
        return [*queryset, (cls, model, instance_id, handler)]


class Guest(User):
    """Inherits the hooks."""


class Mixin:
    @classmethod
    def get_list_queryset(cls, queryset: list[Any], handler: Any) -> list[Any]:
        return [*queryset, cls]


class Admin(Mixin, User):
    """Has another hook for lists."""


class Root(Admin):
    """Inherits that hook."""


class Restored(Root):
    """Has the hook of the base class again."""

    get_list_queryset = User.get_list_queryset


class Plain:
    """Has no hooks."""


def first(queryset: Any, handler: Any) -> list[Any]:
    return [*queryset, "first"]


def second(queryset: Any, handler: Any) -> list[Any]:
    return [*queryset, "second"]


FIELDS = {"id": Field("id", INTEGER)}
USER = Schema(User, FIELDS)
BELOW = (Guest, Admin, Root, Restored)


def below(schema: Schema, identifier: str | None = None) -> dict[str, list[str]]:
    """Return the names of the classes over which each rule decides, by the name of the rule's class."""
    rules = visibility_of(schema, BELOW, identifier).below
    return {rule.model.__name__: [model.__name__ for model in models] for rule, models in rules.items()}


def test_the_hook_runs_before_the_scopes() -> None:
    schema = replace(USER, scopes=(first, second))
    assert visible(schema, [], 7) == [(User, 7), "first", "second"]
    assert visible(schema, [], 7, "1") == [(User, User, "1", 7), "first", "second"]
    assert visible(Schema(Plain, FIELDS, scopes=(first,)), [], None) == ["first"]


def test_a_model_without_hooks_scopes_and_subclasses_is_not_narrowed() -> None:
    assert visibility_of(Schema(Plain, FIELDS), (), None) is EVERYTHING
    assert not EVERYTHING.has_functions
    assert visible(Schema(Plain, FIELDS), [1], None) == [1]


def test_a_hook_that_a_subclass_inherits_does_not_run_again() -> None:
    assert below(USER) == {"Admin": ["Admin", "Root"]}
    assert below(USER, "1") == {}
    [rule] = visibility_of(USER, BELOW, None).below
    assert rule.narrow([], 7, None) == [Admin]


def test_the_scopes_of_a_variant_decide_over_its_class_and_those_below_it() -> None:
    variant = Schema(Guest, FIELDS, scopes=(first, second))
    schema = replace(USER, scopes=(first,), variants={Guest: variant, Restored: replace(variant, model=Restored)})
    assert below(schema) == {"Guest": ["Guest"], "Admin": ["Admin", "Root"], "Restored": ["Restored"]}
    rules = visibility_of(schema, BELOW, None).below
    assert [rule.narrow([], None, None) for rule in rules] == [["second"], [Admin], ["second"]]
    assert below(replace(USER, variants={Admin: replace(variant, model=Admin)}), "1") == {
        "Admin": ["Admin", "Root", "Restored"]
    }


@pytest.mark.parametrize(
    ("variants", "hidden"),
    [
        ({}, []),
        ({Guest: None}, [Guest]),
        ({Admin: None}, [Admin, Root, Restored]),
        ({Admin: None, Root: Schema(Root, FIELDS)}, [Admin]),
        ({Mixin: None, Restored: USER}, [Admin, Root]),
    ],
)
def test_a_class_is_hidden_if_the_nearest_variant_is_none(variants: dict[Any, Any], hidden: list[Any]) -> None:
    assert visibility_of(replace(USER, variants=variants), BELOW, None).hidden == hidden


def test_a_class_below_a_hidden_class_keeps_its_hook() -> None:
    assert below(replace(USER, variants={Admin: None, Root: Schema(Root, FIELDS)})) == {"Root": ["Root"]}
