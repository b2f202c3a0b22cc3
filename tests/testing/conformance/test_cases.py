"""What is left out has to be declared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bzz.providers.base import Capabilities, Provider
from bzz.providers.memory import MemoryProvider
from bzz.testing.conformance import ProviderConformance
from bzz.testing.conformance.cases import FEATURES
from tests.providers.memory import test_conformance as memory


class Lesser(ProviderConformance):
    """A store that can less than it says."""

    person, team = memory.Team, memory.Team  # a person without anything but a name

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield MemoryProvider()


class LesserStore(MemoryProvider):
    """Says so."""

    capabilities = Capabilities(count=False)


class Declared(Lesser):
    skips = {"age": "it is not that kind of person"}  # noqa: RUF012

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield LesserStore()


def test_what_is_missing_and_not_declared_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="There is no 'age'"):
        Lesser().test_no_change_is_lost()
    with pytest.raises(pytest.fail.Exception, match="There is no 'country'"):
        Lesser().test_a_primary_key_is_inserted_once()
    with pytest.raises(pytest.fail.Exception, match="There is no 'count'"):
        Declared().test_a_count_is_of_all_pages()


def test_what_is_declared_is_skipped_and_says_why() -> None:
    with pytest.raises(pytest.skip.Exception, match="declared: age: it is not that kind of person"):
        Declared().test_no_change_is_lost()
    with pytest.raises(pytest.skip.Exception, match="declared: age"):
        Declared().test_a_value_is_shown_as_it_was_sent(feature="age")


def test_only_what_there_is_can_be_declared() -> None:
    with pytest.raises(TypeError, match="skips has names of no feature and no case: hoem"):
        type("Misspelt", (Lesser,), {"skips": {"hoem": "x", **dict.fromkeys(FEATURES, "y")}})


def test_a_store_has_to_be_made_unreachable_or_declared() -> None:
    with pytest.raises(NotImplementedError):
        Lesser().test_an_unreachable_store_is_unavailable_within_seconds()
