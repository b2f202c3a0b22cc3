"""The models of a suite have hooks while a block runs."""

from __future__ import annotations

from typing import Any

from bzz.testing.conformance.serving import hooked
from tests.support.conformance import Note, Person


def test_a_model_gets_hooks_and_then_its_own_again() -> None:
    def hook(cls: Any) -> Any:
        return cls

    models: tuple[Any, Any] = (Note, Person)
    own = vars(Note)["get_list_queryset"]
    with hooked(Note, get_list_queryset=hook), hooked(Person, get_list_queryset=hook):
        assert [model.get_list_queryset() for model in models] == [*models]
    assert vars(Note)["get_list_queryset"] is own
    assert not hasattr(Person, "get_list_queryset")
