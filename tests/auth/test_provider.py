"""The interface of auth providers: what a new one is called, and what a flow shows."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.auth.flows import Flow, FlowProvider
from bzz.auth.providers.mock import MockProvider


def test_a_provider_is_named_after_its_class_unless_it_says_otherwise() -> None:
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
def test_a_provider_has_to_say_who_somebody_is(base: Any, lacking: str) -> None:
    with pytest.raises(TypeError, match=lacking):
        type("Empty", (base,), {})()


def test_a_challenge_is_the_hash_of_its_verifier() -> None:
    """The example of RFC 7636, appendix B."""
    flow = Flow("s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "https://x/", "/")
    assert flow.code_challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
