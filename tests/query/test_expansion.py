"""``expand``: the tree of fields to expand, and the deferred fields that a reply shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.query.expansion import Tree, plan, resources, undeferred
from bzz.resources.family import Family
from bzz.resources.reach import PlainReach
from bzz.schema.schema import Schema
from tests.support.schemas import ROWS
from tests.support.teams import records


@pytest.fixture
def teams(provider: MemoryProvider) -> Schema:
    return provider.describe(records.Team)


def plain(tree: Tree) -> dict[str, Any]:
    return {name: plain(branch.below) for name, branch in tree.items()}


def test_names_that_begin_alike_share_a_branch(provider: MemoryProvider, teams: Schema) -> None:
    names = ["owner", "members.friends", "members", "projects.lead", "projects.members"]
    tree = plan(PlainReach(provider), teams, names)
    assert plain(tree) == {"owner": {}, "members": {"friends": {}}, "projects": {"lead": {}, "members": {}}}
    assert [resource.schema.model for resource in resources(PlainReach(provider), tree)] == [records.Member] * 5


def test_two_references_deep_is_the_deepest(provider: MemoryProvider, teams: Schema) -> None:
    assert plain(plan(PlainReach(provider), teams, ["projects.lead.friends"])) == {
        "projects": {"lead": {"friends": {}}}
    }
    with pytest.raises(ValueError, match=r"cannot expand 'projects\.lead\.friends\.friends', at most 2 deep"):
        plan(PlainReach(provider), teams, ["projects.lead.friends.friends"])


def test_a_name_of_no_reference_is_refused_with_the_references_there_are(
    provider: MemoryProvider, teams: Schema
) -> None:
    with pytest.raises(ValueError, match=r"there are members, owner, projects\.lead, projects\.members"):
        plan(PlainReach(provider), teams, ["name"])
    with pytest.raises(ValueError, match="'projects': it is no reference"):
        plan(PlainReach(provider), teams, ["projects"])


@pytest.mark.parametrize("hives", [[], ["POST"]])
def test_a_reference_to_a_model_without_a_hive_or_without_get_is_not_expanded(
    provider: MemoryProvider, teams: Schema, hives: list[str]
) -> None:
    family = Family([bzz.ModelHive(provider, records.Member, methods=[method]) for method in hives])
    with pytest.raises(ValueError, match="there are none"):
        plan(family.reach(), teams, ["owner"])


def test_a_reply_shows_the_deferred_fields_that_the_query_names() -> None:
    photo, notes = (replace(ROWS.fields["name"], name=name, deferred=True) for name in ("photo", "notes"))
    schema = replace(ROWS, fields={**ROWS.fields, "photo": photo, "notes": notes})
    assert undeferred(schema, Query()) == {}
    assert undeferred(schema, Query(fields=["name", "photo"])) == {"photo": None}
    assert undeferred(schema, Query(expand=["notes.team"])) == {"notes": None}
    assert undeferred(ROWS, Query(fields=["name"])) == {}
