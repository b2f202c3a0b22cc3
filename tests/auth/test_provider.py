"""The interface of auth providers."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.auth.flows import FlowProvider
from bzz.auth.providers.mock import MockProvider


def test_a_provider_is_named_after_its_class_unless_it_has_a_name() -> None:
    class GitHubProvider(MockProvider):
        pass

    class Ldap(MockProvider):
        name = "directory"

    class Staff(Ldap):
        pass

    assert [made.name for made in (MockProvider, GitHubProvider, Ldap, Staff)] == [
        "mock",
        "github",
        "directory",
        "staff",
    ]


@pytest.mark.parametrize(("base", "lacking"), [(bzz.AuthProvider, "authenticate"), (FlowProvider, "begin")])
def test_a_provider_must_implement_the_abstract_methods(base: Any, lacking: str) -> None:
    with pytest.raises(TypeError, match=lacking):
        type("Empty", (base,), {})()
