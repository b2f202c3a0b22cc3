"""The page Permissions is right: each row of its tables is tried, open and closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bzz
from tests.support.boards import Label, Profile, Team, boards
from tests.support.guides import rows

Options = dict[str, Any]
PAGE = "guides/permissions.md"
GET, WRITE = {"methods": ["GET"]}, {"methods": ["PUT"]}
ADMIN = {"authenticated": bzz.role("admin")}
MOVE = ("POST", "/team/2/projects", {"projects": ["5"]})
LEAVE = ("DELETE", "/team/1/projects/5", None)
LABEL, LABEL_PATH = ("PATCH", "/issue/3", {"labels": ["7"]}), ("POST", "/issue/3/labels", {"labels": ["7"]})
JOIN, QUIT = ("POST", "/team/2/people", {"people": ["1"]}), ("DELETE", "/team/1/people/2", None)

# a row of the table, a request, its status, options that close the way, and the status then
CASES: list[tuple[str, tuple[str, str, Any], int, Options, int]] = [
    ("own routes", ("PUT", "/project/5", {"name": "x"}), 200, {"project": GET}, 405),
    ("nested path", ("GET", "/team/1/projects/5", None), 200, {"project": WRITE}, 405),
    ("nested path", ("GET", "/team/1/projects/5", None), 200, {"team": WRITE}, 405),
    ("nested path", ("GET", "/team/1/projects/5", None), 200, {"project": ADMIN}, 401),
    ("nested path", ("GET", "/team/1/projects/5", None), 200, {"team": ADMIN}, 401),
    ("`expand`", ("GET", "/team/1?expand=projects", None), 200, {"project": WRITE}, 400),
    ("`expand`", ("GET", "/team/1?expand=projects", None), 200, {"project": ADMIN}, 401),
    ("filter, sort", ("GET", "/project?name=x", None), 200, {"project": {"exclude": ["name"]}}, 400),
    ("filter, sort", ("GET", "/person?email=x", None), 200, {"admin": {"exclude": ["email"]}}, 400),
    ("reference in the instance itself", ("PATCH", "/project/5", {"team": "2"}), 200, {"project": GET}, 405),
    ("reference in the instance itself", ("POST", "/project/5/team", {"team": "2"}), 201, {"project": GET}, 405),
    ("reference in the instance itself", ("DELETE", "/project/5/team", None), 204, {"project": ADMIN}, 401),
    ("one-to-many, one-to-one from the other side", MOVE, 201, {"project": GET}, 405),
    ("one-to-many, one-to-one from the other side", MOVE, 201, {"project": ADMIN}, 401),
    ("one-to-many, one-to-one from the other side", MOVE, 201, {"project": {"read_only": ["team"]}}, 405),
    ("one-to-many, one-to-one from the other side", MOVE, 201, {"project": {"create_only": ["team"]}}, 405),
    ("one-to-many, one-to-one from the other side", MOVE, 201, {"project": {"exclude": ["team"]}}, 404),
    ("one-to-many, one-to-one from the other side", MOVE, 201, {"team": {"read_only": ["projects"]}}, 405),
    ("one-to-many, one-to-one from the other side", LEAVE, 204, {"project": {"methods": ["GET", "DELETE"]}}, 405),
    (
        "one-to-many, one-to-one from the other side",
        ("POST", "/team/2/profile", {"profile": "1"}),
        201,
        {"profile": GET},
        405,
    ),
    ("many-to-many without a class", LABEL, 200, {"issue": GET}, 405),
    ("many-to-many without a class", LABEL, 200, {"label": {"read_only": ["issues"]}}, 400),
    ("many-to-many without a class", LABEL_PATH, 201, {"label": {"read_only": ["issues"]}}, 405),
    ("many-to-many without a class", LABEL_PATH, 201, {"issue": {"read_only": ["labels"]}}, 405),
    ("association object", JOIN, 201, {"membership": GET}, 405),
    ("association object", QUIT, 204, {"membership": {"methods": ["GET", "POST"]}}, 405),
    ("association object", JOIN, 201, {"membership": ADMIN}, 401),
    ("association object", ("GET", "/team/1/people", None), 200, {"membership": WRITE}, 405),
    (
        "`delete-orphan` relation",
        ("DELETE", "/team/1/tasks/4", None),
        204,
        {"task": {"methods": ["GET", "PATCH"]}},
        405,
    ),
    ("base class", ("GET", "/person/2", None), 200, {"admin": WRITE}, 404),
    ("base class", ("GET", "/person/2", None), 200, {"admin": ADMIN}, 404),
    ("base class", ("PATCH", "/person/2", {"email": "x"}), 200, {"admin": GET}, 405),
    ("cascade", ("DELETE", "/team/1", None), 204, {"team": GET}, 405),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1][1]}")
async def test_the_hive_that_the_table_names_decides(case: Any, tmp_path: Path) -> None:
    way, (method, path, body), opened, options, closed = case
    assert way in [row[0] for row in rows(PAGE, "way | example")]
    async with boards(tmp_path) as client:
        assert (await client(method, path, json_body=body)).status == opened
    async with boards(tmp_path, **options) as client:
        assert (await client(method, path, json_body=body)).status == closed


@pytest.mark.parametrize(
    ("sent", "options"),
    [
        (("PATCH", "/project/5", {"team": "2"}), {"team": {"methods": [], **ADMIN}}),
        (LABEL, {"label": {**GET, **ADMIN, "exclude": ["issues"]}}),
        (LABEL_PATH, {"label": {**GET, "exclude": ["issues"], "authenticated": {"update": bzz.role("admin")}}}),
        (("DELETE", "/team/1", None), {"task": GET, "project": {"read_only": ["team"]}, "membership": GET}),
    ],
)
async def test_hives_that_the_table_does_not_name_are_not_asked(
    sent: tuple[str, str, Any], options: Options, tmp_path: Path
) -> None:
    method, path, body = sent
    async with boards(tmp_path, **options) as client:
        assert (await client(method, path, json_body=body)).status in {200, 201, 204}


async def test_a_model_without_a_hive_is_reached_by_no_way(tmp_path: Path) -> None:
    async with boards(tmp_path, without=("project", "person", "admin", "membership")) as client:
        gone = [("GET", "/team/1/projects", 404), ("GET", "/team/1/lead", 404), ("GET", "/team/1?expand=lead", 400)]
        gone += [("GET", "/team/1?fields=projects", 400), ("GET", "/team?projects__contains=5", 400)]
        for method, path, status in gone:
            assert (await client(method, path)).status == status, path
        assert (await client("PATCH", "/team/1", json_body={"lead": "1"})).json["lead"] == "1"
        assert (await client("PATCH", "/team/1", json_body={"lead": "9"})).status == 400
    async with boards(tmp_path, without=("membership",)) as client:
        assert (await client("GET", "/team/1/people")).json != []
        assert [(await client(*JOIN[:2], json_body=JOIN[2])).status, (await client(*QUIT[:2])).status] == [405, 405]


async def test_a_body_takes_no_relation_that_other_rows_store(tmp_path: Path) -> None:
    async with boards(tmp_path) as client:
        for field in ("projects", "profile", "tasks", "people"):
            for method, path in (("PUT", "/team/1"), ("PATCH", "/team/1"), ("POST", "/team")):
                value = "1" if field == "profile" else ["1"]
                reply = await client(method, path, json_body={"name": "x", field: value})
                assert (reply.status, f".../{field}" in reply.json["errors"][field][0]) == (400, True)


async def test_a_member_of_a_one_to_one_relation_is_replaced_only_if_the_request_may_change_it(tmp_path: Path) -> None:
    hidden = {"scope": lambda queryset, handler: queryset.where(Profile.id != 1)}
    for options, status in (({}, 201), (hidden, 409)):
        async with boards(tmp_path, profile=options) as client:
            assert (await client("POST", "/team/1/profile", json_body={"profile": "2"})).status == status
            assert (await client("GET", "/profile/2")).json["team"] == ("1" if status == 201 else None)


async def test_hidden_members_are_left_out_and_stay_in_the_relation(tmp_path: Path) -> None:
    def scope(queryset: Any, handler: Any) -> Any:
        return queryset if handler.current_user else queryset.where(Label.id != 8)

    async with boards(tmp_path, label={"scope": scope}) as client:
        assert (await client("GET", "/issue/4?fields=labels")).json == {"labels": ["7"]}
        assert (await client("GET", "/issue/4?expand=labels")).json["labels"] == [{"id": "7"}]
        assert (await client("GET", "/issue/4/labels?count=true")).headers["X-Total-Count"] == "1"
        assert (await client("PATCH", "/issue/4", json_body={"labels": []})).status == 200
        seen = await client("GET", "/issue/4?fields=labels", headers={"X-User": "ada"})
        assert seen.json == {"labels": ["8"]}


async def test_a_row_shows_the_id_that_it_stores_of_a_hidden_instance(tmp_path: Path) -> None:
    async with boards(tmp_path, team={"scope": lambda queryset, handler: queryset.where(Team.id != 1)}) as client:
        assert (await client("GET", "/project/5")).json["team"] == "1"
        assert (await client("GET", "/project/5?expand=team")).json["team"] is None
        assert (await client("GET", "/project/5/team")).status == 404
        assert (await client("PATCH", "/project/6", json_body={"team": "1"})).status == 400


@pytest.mark.parametrize("row", rows(PAGE, "option | a request may read the field"), ids=lambda row: row[0])
async def test_options_allow_what_the_table_says(row: list[str], tmp_path: Path) -> None:
    name, *expected = row
    options = {} if name == "none" else {name.split("`")[1]: ["name"]}
    async with boards(tmp_path, project=options) as client:
        shown = await client("GET", "/project/5")
        made = await client("POST", "/project", json_body={"name": "x"})
        changed = await client("PATCH", "/project/5", json_body={"name": "x"})
        filtered = await client("GET", "/project?name=x")
        allowed = ["name" in shown.json, made.json.get("errors") is None, changed.status == 200]
        assert allowed == [cell == "yes" for cell in expected]
        assert (filtered.status == 200) is allowed[0]


async def test_a_caller_that_may_not_read_learns_nothing_from_its_writes(tmp_path: Path) -> None:
    async with boards(tmp_path, project={"methods": ["POST", "PATCH"], "read_only": ["team"]}) as client:
        for body, status in (({"name": "p"}, 204), ({"team": "1"}, 400), ({"team": "2"}, 400), ({"id": "5"}, 400)):
            reply = await client("PATCH", "/project/5", json_body=body)
            assert (reply.status, "ETag" in reply.headers) == (status, False), body
        assert (await client("PATCH", "/project/5", json_body={}, headers={"If-Match": '"x"'})).status == 400
        made = await client("POST", "/project", json_body={"name": "x"})
        assert (made.status, made.body, "ETag" in made.headers) == (201, b"", False)


async def test_of_two_writes_of_a_relation_with_one_tag_only_one_succeeds(tmp_path: Path) -> None:
    async with boards(tmp_path) as client:
        plain = (await client("GET", "/issue/3")).headers["ETag"]
        covering = (await client("GET", "/issue/3?fields=labels")).headers["ETag"]
        tries = [(plain, "7"), (covering, "7"), (covering, "8")]
        replies = [
            await client("PATCH", "/issue/3", json_body={"labels": [label]}, headers={"If-Match": tag})
            for tag, label in tries
        ]
        assert [reply.status for reply in replies] == [412, 200, 412]
        assert "?fields=labels" in replies[0].json["detail"]


async def test_a_read_is_no_larger_than_max_reply_and_a_large_write_is_stored(tmp_path: Path) -> None:
    async with boards(tmp_path, team={"max_reply": 100}) as client:
        assert (await client("GET", "/team/1")).status == 200
        assert (await client("PATCH", "/team/1", json_body={"name": "x" * 100})).status == 204
        assert [(await client("GET", f"/team/1{shape}")).status for shape in ("", "?fields=id")] == [400, 200]
        assert (await client("GET", "/team/1?fields=id&expand=projects,tasks,profile")).status == 400
