"""``skips``: features that are left out must be declared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bzz.providers.base import Provider
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from bzz.schema.scalars import STRING
from bzz.schema.schema import Schema
from bzz.testing.conformance import ProviderConformance
from bzz.testing.conformance.cases import FEATURES, case
from tests.support import conformance as memory
from tests.support.broken import suite_of


class Lesser(ProviderConformance):
    """A suite whose person has a name and nothing else."""

    person, team = memory.Team, memory.Team  # a person without anything but a name

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield MemoryProvider()


class LesserStore(MemoryProvider):
    """Cannot count."""

    capabilities = Capabilities(count=False)


class Halved(Lesser):
    """A suite with pets and without cats."""

    pet = memory.Note


class Declared(Lesser):
    skips = {"age": "it is not that kind of person"}  # noqa: RUF012

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield LesserStore()


def test_a_case_that_needs_a_missing_feature_fails_unless_it_is_declared() -> None:
    with pytest.raises(pytest.fail.Exception, match="There is no 'age'"):
        Lesser().test_no_change_is_lost()
    with pytest.raises(pytest.fail.Exception, match="There is no 'country'"):
        Lesser().test_a_primary_key_is_inserted_once()
    with pytest.raises(pytest.fail.Exception, match="There is no 'pet'"):
        Halved().test_an_instance_is_of_its_own_class()


def test_a_case_that_needs_a_declared_feature_is_skipped_with_the_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="declared: age: it is not that kind of person"):
        Declared().test_no_change_is_lost()
    with pytest.raises(pytest.skip.Exception, match=r"test_a_value_is_shown_as_it_was_sent\[age\]: declared: age"):
        Declared().test_a_value_is_shown_as_it_was_sent(feature="age")


def test_a_case_that_needs_a_missing_capability_is_skipped_without_a_declaration() -> None:
    reason = "test_a_count_is_of_all_pages: the capabilities of the provider have no 'count'"
    with pytest.raises(pytest.skip.Exception, match=reason):
        Declared().test_a_count_is_of_all_pages(condition="")


def test_only_the_parameters_that_need_a_missing_feature_are_skipped() -> None:
    Declared().test_a_walk_along_cursors_meets_each_instance_once(sort="sort=name")
    with pytest.raises(pytest.skip.Exception, match=r"meets_each_instance_once\[sort=age\]: declared: age"):
        Declared().test_a_walk_along_cursors_meets_each_instance_once(sort="sort=age")


class Wordless(MemoryProvider):
    """Compares no parts of texts."""

    def describe(self, model: type) -> Schema:
        schema = super().describe(model)
        name = replace(schema.fields["name"], type=replace(STRING, operators=("eq", "ne", "in", "nin", "exists")))
        return replace(schema, fields={**schema.fields, "name": name})


def test_a_case_about_an_operator_that_the_type_lacks_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="the type of name has no operator 'contains'"):
        suite_of(Wordless).test_text_operators_take_their_value_literally(operator="contains")


def test_a_case_cannot_need_an_unknown_feature() -> None:
    with pytest.raises(ValueError, match="there are no features colour, hoem"):
        case("colour", feature={"hoem": ("hoem",)})


def test_an_unknown_name_in_skips_is_an_error() -> None:
    with pytest.raises(TypeError, match="skips has names of no feature and no case: hoem"):
        type("Misspelt", (Lesser,), {"skips": {"hoem": "x", **dict.fromkeys(FEATURES, "y")}})


def test_a_suite_must_have_unreachable_or_declare_it() -> None:
    with pytest.raises(NotImplementedError):
        Lesser().test_an_unreachable_store_is_unavailable_within_seconds()


def test_a_suite_of_a_store_with_broken_rows_must_have_break_row_or_declare_it() -> None:
    with pytest.raises(NotImplementedError):
        Lesser().test_a_broken_instance_can_be_deleted()


def test_a_suite_with_units_of_work_must_have_write_in_or_declare_it() -> None:
    with pytest.raises(NotImplementedError):
        Lesser().test_a_change_or_check_that_refuses_undoes_the_whole_unit()
