"""The page Signals is right about relations: each request sends the signals that its tables name, in this order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bzz.testing import capture
from bzz.testing.client import Client
from tests.support.boards import boards

MOVED = [
    ("pre_update_instance", "Project", None, 5),
    ("pre_dissociate", "Team", 1, 5),
    ("pre_associate", "Team", 2, 5),
    ("post_update_instance", "Project", None, 5),
    ("post_dissociate", "Team", 1, 5),
    ("post_associate", "Team", 2, 5),
]


async def told(client: Client, method: str, path: str, body: Any = None) -> list[tuple[str, str, Any, Any]]:
    """Return the signals of a write: name, sender, parent and instance."""
    with capture() as sent:
        reply = await client(method, path, json_body=body)
    assert reply.status in {200, 201, 204}, reply.body
    return [
        (
            one.signal,
            one.sender.__name__,
            getattr(one.keywords.get("parent"), "id", None),
            getattr(one.keywords.get("instance"), "id", None),
        )
        for one in sent
        if one.signal.startswith(("pre_", "post_")) and not one.signal.endswith("provider_call")
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/project/5", {"team": "2"}),
        ("POST", "/project/5/team", {"team": "2"}),
        ("POST", "/team/2/projects", {"projects": ["5"]}),
    ],
)
async def test_a_move_sends_the_same_signals_by_each_request(method: str, path: str, body: Any, tmp_path: Path) -> None:
    async with boards(tmp_path) as client:
        assert await told(client, method, path, body) == MOVED


def pairs(*signals: tuple[str, str, Any, Any]) -> list[tuple[str, str, Any, Any]]:
    """Return all ``pre_`` signals, and then all ``post_`` signals."""
    return [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in signals]


UPDATED, CREATED, DELETED = "update_instance", "create_instance", "delete_instance"
PATCH_LEAD, POST_LEAD = ("PATCH", "/team/1", {"lead": "1"}), ("POST", "/team/1/lead", {"lead": "1"})
LABELS, POST_LABELS = ("PATCH", "/issue/3", {"labels": ["7"]}), ("POST", "/issue/3/labels", {"labels": ["7"]})


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (PATCH_LEAD, pairs((UPDATED, "Team", None, 1), ("associate", "Team", 1, 1))),
        (POST_LEAD, pairs(("associate", "Team", 1, 1))),
        (
            ("POST", "/team/1/profile", {"profile": "2"}),
            pairs(
                (UPDATED, "Profile", None, 1),
                ("dissociate", "Team", 1, 1),
                (UPDATED, "Profile", None, 2),
                ("associate", "Team", 1, 2),
            ),
        ),
        (
            LABELS,
            pairs((UPDATED, "Issue", None, 3), ("associate", "Issue", 3, 7), ("associate", "Label", 7, 3)),
        ),
        (POST_LABELS, pairs(("associate", "Issue", 3, 7), ("associate", "Label", 7, 3))),
        (("DELETE", "/team/1/tasks/4", None), pairs((DELETED, "Task", None, 4))),
        (("DELETE", "/team/1/people/2", None), pairs((DELETED, "Membership", None, 1))),
        (("POST", "/project", {"name": "x", "team": "1"}), None),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
async def test_each_relation_sends_the_signals_of_its_row(sent: Any, expected: Any, tmp_path: Path) -> None:
    async with boards(tmp_path) as client:
        heard = await told(client, *sent)
        assert expected == heard if expected else not any("associate" in name for name, *_ in heard)


async def test_an_association_object_is_created_with_its_own_signals(tmp_path: Path) -> None:
    async with boards(tmp_path) as client:
        heard = await told(client, "POST", "/team/2/people", {"people": ["1"]})
        assert [(name, sender) for name, sender, *_ in heard] == [
            ("pre_create_instance", "Membership"),
            ("post_create_instance", "Membership"),
        ]


async def test_a_cascade_sends_the_signals_of_each_child(tmp_path: Path) -> None:
    async with boards(tmp_path) as client:
        heard = await told(client, "DELETE", "/team/1")
        assert heard[0] == ("pre_delete_instance", "Team", None, 1)
        for child in (UPDATED, "Project", None, 5), (UPDATED, "Profile", None, 1), (DELETED, "Task", None, 4):
            name, *rest = child
            assert [(f"pre_{name}", *rest) in heard, (f"post_{name}", *rest) in heard] == [True, True]
