"""Embedded documents: their way down from an instance's values, and the changes of their parents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bzz.exceptions import Conflict, Forbidden, NotFound
from bzz.lifecycle.embedded import adding, locate, removing, within
from bzz.providers.memory import MemoryProvider
from bzz.resources.paths import Step, parse_path
from bzz.resources.reach import PlainReach
from bzz.resources.resource import Resource
from bzz.schema.fields import Values
from tests.support.client import Api
from tests.support.teams import member, records

MODULE = {"name": "m", "size": 1}
FIRST: Values = {"id": "a", "name": "Difference", "module": None}
SECOND: Values = {"id": "b", "name": "Analytical", "module": MODULE}
STORED: Values = {"name": "Engine", "projects": [FIRST, SECOND]}


def steps(*below: str) -> tuple[Step, ...]:
    """The steps from a team down to a document."""
    provider = MemoryProvider()
    root = Resource(provider.describe(records.Team))
    return parse_path(root, "team", ["1", *below], PlainReach(provider)).steps[1:]


def nothing(values: Values) -> None:
    """Forbid nothing."""


def test_locate_returns_the_trail_and_the_values_of_a_document() -> None:
    assert locate(STORED, steps("projects", "b", "module")) == ([("projects", 1), ("module", None)], MODULE)
    assert locate(STORED, ()) == ([], STORED)


@pytest.mark.parametrize("below", [("projects", "c"), ("projects", "a", "module"), ("projects", "c", "module")])
def test_a_step_to_no_document_is_not_found(below: tuple[str, ...]) -> None:
    changes: list[Callable[[Values], object]] = [
        lambda values: locate(values, steps(*below)),
        within(steps(*below), lambda values: values),
        within(steps(*below)[:-1], removing(steps(*below)[-1], nothing)),
    ]
    for change in changes:
        with pytest.raises(NotFound):
            change(STORED)


def test_a_change_of_a_document_leaves_its_neighbours_and_the_stored_values_alone() -> None:
    changed = within(steps("projects", "b", "module"), lambda module: {**module, "size": 2})(STORED)
    assert changed == {"name": "Engine", "projects": [FIRST, {**SECOND, "module": {"name": "m", "size": 2}}]}
    assert changed["projects"][0] is FIRST
    assert STORED["projects"] == [FIRST, SECOND]
    assert MODULE["size"] == 1


def test_a_new_document_comes_last_in_its_list() -> None:
    [step] = steps("projects")
    third: Values = {"name": "Loom"}
    assert adding(step, third)(STORED)["projects"] == [FIRST, SECOND, third]
    assert adding(step, third)({"projects": None})["projects"] == [third]


def test_a_document_with_a_taken_id_is_a_conflict() -> None:
    with pytest.raises(Conflict) as caught:
        adding(steps("projects")[0], {"id": "b", "name": "Loom"})(STORED)
    assert caught.value.errors == {"id": ["is taken"]}


def test_a_field_of_one_takes_a_document_only_while_it_is_empty() -> None:
    adding_module = adding(steps("projects", "a", "module")[1], MODULE)
    assert adding_module(FIRST) == {**FIRST, "module": MODULE}
    with pytest.raises(Conflict, match="holds a document already"):
        adding_module(SECOND)


def test_a_document_is_removed_from_its_list_or_its_field() -> None:
    [project, module] = steps("projects", "b", "module")
    assert removing(project, nothing)(STORED) == {"name": "Engine", "projects": [FIRST]}
    assert removing(module, nothing)(SECOND) == {**SECOND, "module": None}


def test_a_check_of_the_values_may_forbid_the_removal() -> None:
    checked: list[Any] = []

    def refuse(values: Values) -> None:
        checked.append(values)
        raise Forbidden("Not this one.")

    with pytest.raises(Forbidden):
        removing(steps("projects", "b")[0], refuse)(STORED)
    assert checked == [SECOND]


async def test_concurrent_writes_in_a_list_never_change_another_document(teams: Api) -> None:
    ada = await member(teams, addresses=[{"id": str(n), "city": "-"} for n in range(20)])
    path = f"/member/{ada}/addresses"
    acts = [teams("DELETE", f"{path}/{n}") for n in range(0, 20, 2)]
    acts += [teams("PUT", f"{path}/{n}", json_body={"city": f"city {n}"}) for n in range(1, 20, 2)]
    assert {reply.status for reply in await asyncio.gather(*acts)} == {200, 204}
    assert (await teams("GET", path)).json == [{"id": str(n), "city": f"city {n}"} for n in range(1, 20, 2)]
