from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import NotFound
from bzz.providers.values import NO_KEY
from bzz.resources.paths import Path, Step, parse_path
from bzz.resources.reach import Reach
from bzz.resources.resource import Resource
from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema
from tests.support.schemas import Other, fields


class Team:
    """The model at the beginning of the paths."""


class Task:
    """A document with an identifier."""


class Place:
    """A document without one."""


TASK = Embedded(lambda: make_schema(Task, fields(Field("no", INTEGER), Field("text", STRING)), id_field="no"))
PLACE = Embedded(lambda: Schema(Place, fields(Field("city", STRING))))
MEMBER = Reference(lambda: Other, lambda: STRING)
MEMBERS = Resource(make_schema(Other, fields(Field("id", STRING), Field("best", MEMBER)), pk="id"))
TEAMS = Resource(
    make_schema(
        Team,
        fields(
            Field("id", INTEGER),
            Field("name", STRING),
            Field("members", List(MEMBER)),
            Field("owner", MEMBER),
            Field("tasks", List(TASK)),
            Field("places", List(PLACE)),
            Field("home", PLACE),
            Field("secret", List(MEMBER), readable=False),
        ),
        pk="id",
    )
)


class ReachOfTeams(Reach):
    def find(self, model: type) -> Resource | None:
        return MEMBERS if model is Other else TEAMS


def parse(*below: Any) -> Path:
    return parse_path(TEAMS, "team", below, ReachOfTeams())


@pytest.mark.parametrize(
    ("below", "arguments"),
    [
        ([], ["team"]),
        (["1"], ["team/1"]),
        (["1", "members"], ["team/1", "members"]),
        (["1", "members", "ada", "best"], ["team/1", "members/ada", "best"]),
        (["1", "home"], ["team/1", "home"]),
        ([1, "tasks", 2], ["team/1", "tasks/2"]),
    ],
)
def test_the_arguments_of_signals_are_the_steps_of_the_path(below: list[Any], arguments: list[str]) -> None:
    assert parse(*below).arguments == arguments


@pytest.mark.parametrize(
    ("below", "acts"),
    [
        ([], ("list", "create")),
        (["1"], ("get", "update", "delete")),
        (["1", "members"], ("list", "associate")),
        (["1", "members", "ada"], ("get", "dissociate")),
        (["1", "owner"], ("get", "associate", "dissociate")),
        (["1", "tasks"], ("list", "create")),
        (["1", "tasks", "2"], ("get", "update", "delete")),
        (["1", "home"], ("get", "create", "update", "delete")),
    ],
)
def test_the_end_of_a_path_tells_which_acts_it_takes(below: list[Any], acts: tuple[str, ...]) -> None:
    assert parse(*below).end.acts == acts


@pytest.mark.parametrize(
    "below",
    [
        ["1", "name"],
        ["1", "nope"],
        ["1", "secret"],
        ["1", "members", "ada", "best", "ada"],
        ["1", "home", "city"],
        ["1", "places", "0"],
    ],
)
def test_a_path_that_no_relation_leads_on_is_not_found(below: list[Any]) -> None:
    with pytest.raises(NotFound, match="There is nothing at this path"):
        parse(*below)


def test_an_identifier_is_parsed_and_one_that_no_instance_can_have_has_no_key() -> None:
    assert parse("7").end.parsed == 7
    end = parse("07").end
    assert (end.id, end.is_list, end.parsed) == ("07", False, NO_KEY)


def test_an_embedded_document_belongs_to_the_resource_of_its_parent() -> None:
    path = parse("1", "members", "ada", "best")
    assert path.resources == [TEAMS, MEMBERS, MEMBERS]
    inner = parse("1", "tasks", "2")
    assert inner.resources == [TEAMS]
    assert (inner.end.is_embedded, inner.end.field, inner.parent.arguments) == (True, "tasks", ["team/1"])


def test_a_first_step_has_no_relation() -> None:
    step = Step(TEAMS, "team")
    assert (step.relation, step.field, step.is_list, step.is_reference, step.is_embedded) == (
        None,
        "",
        True,
        False,
        False,
    )
