"""The example application as a process: its page, its API and its stream of signals."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.providers.sqlalchemy.databases import POSTGRES, SCHEMA, drop, needs_postgres
from tests.support.example import Browser, ended, running


@pytest.fixture(params=["documents", "tables", "tables by a synchronous driver"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The arguments that choose a store of this test: documents, or tables."""
    chosen = {
        "documents": [],
        "tables": ["--sqlalchemy"],
        "tables by a synchronous driver": ["--sqlalchemy", f"sqlite:///{tmp_path / 'own.sqlite'}"],
    }
    return [*chosen[request.param], "--data", str(tmp_path)]


async def test_it_serves_a_page_an_api_and_a_stream_of_signals_and_keeps_its_data(kept: list[str]) -> None:
    with running(*kept) as (url, process):
        browser = Browser(url)
        stream = await browser.listen()
        page = await browser.request("GET", "/")
        assert b"<title>Team directory" in page.body
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        for name in re.findall(rb'(?:src|href)="([^"]+)"', page.body):
            assert (await browser.request("GET", f"/{name.decode()}")).code == 200

        people = json.loads((await browser.request("GET", "/api/person/")).body)
        assert "Ada Lovelace" in [person["name"] for person in people]
        created = await browser.request("POST", "/api/person/", {"name": "Kay", "email": "KAY@example.com"})
        kay = json.loads(created.body)
        assert (created.code, kay["email"]) == (201, "kay@example.com")
        at = f"/api/person/{kay['id']}"
        assert (await browser.request("PUT", at, {"role": "Objects"})).code == 200
        assert (await browser.request("DELETE", at)).code == 204
        seen = [await browser.events.get() for _ in range(8)]
        assert [(event["signal"], event["sender"]) for event in seen[2:]] == [
            (f"{when}_{act}_instance", "Person") for act in ("create", "update", "delete") for when in ("pre", "post")
        ]
        assert seen[5]["updated_fields"] == {"role": {"from": None, "to": "Objects"}}

        team = json.loads((await browser.request("GET", "/api/team/?expand=members")).body)[0]
        leaves = f"/api/team/{team['id']}/members/{team['members'][0]['id']}"
        assert (await browser.request("DELETE", leaves)).code == 204
        seen += [await browser.events.get() for _ in range(4)]
        assert (seen[-1]["signal"], seen[-1]["field"], seen[-1]["parent"], seen[-1]["instance"]) == (
            "post_dissociate",
            "members",
            team["name"],
            team["members"][0]["name"],
        )

        lead = json.loads((await browser.request("GET", "/api/team/")).body)[0]["lead"]
        refused = await browser.request("DELETE", f"/api/person/{lead}")
        assert refused.code == 409
        failed = [await browser.events.get() for _ in range(4)][-1]
        assert (failed["signal"], failed["act"], bool(failed["instance"])) == ("request_failed", "delete", True)
        assert failed["request_id"] == refused.headers["X-Request-ID"]
        again = Browser(url)
        resumed = await again.listen(**{"Last-Event-ID": seen[6]["id"]})
        assert (await again.events.get())["signal"] == "post_delete_instance", "the stream goes on where it stopped"

        evil = await browser.request("POST", "/api/person/", {"name": "x"}, Origin="https://evil.example")
        assert evil.code == 403
        await browser.request("POST", "/api/person/", {"name": "Kept", "email": "kept@example.com"})
        process.send_signal(signal.SIGINT)
        await asyncio.gather(stream, resumed, return_exceptions=True)  # they end in any way
    assert process.returncode == 0

    with running(*kept) as (url, process):
        found = await Browser(url).request("GET", "/api/person/?name=Kept")
        assert len(json.loads(found.body)) == 1
    assert process.returncode == 0


async def test_a_page_that_was_open_before_a_restart_gets_the_signals_after_it(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as (url, _):
        browser = Browser(url)
        stream = await browser.listen(**{"Last-Event-ID": "1"})
        assert (await browser.request("GET", "/api/team/")).code == 200
        assert [(await browser.events.get())["signal"] for _ in range(2)] == ["pre_get_list", "post_get_list"]
        assert browser.received < 2000, "the stream is quiet without signals"
    await asyncio.gather(stream, return_exceptions=True)


async def test_anybody_may_sign_in_and_the_directory_gives_the_role(kept: list[str]) -> None:
    with running(*kept) as (url, _):
        browser = Browser(url)
        stream = await browser.listen()
        ada = {"provider": "mock", "access_token": "demo", "id": "Ada", "name": "Ada Lovelace"}
        signed_in = await browser.request("POST", "/api/auth/signin/", ada)
        cookie = {"Cookie": signed_in.headers["Set-Cookie"].partition(";")[0]}
        me = json.loads((await browser.request("GET", "/api/auth/me/", **cookie)).body)
        assert (me["userData"]["name"], me["userData"]["role"]) == ("Ada Lovelace", "Analyst")
        nobody = await browser.request("POST", "/api/auth/signin/", ada | {"name": "y" * 90})
        cookie = {"Cookie": nobody.headers["Set-Cookie"].partition(";")[0]}
        me = json.loads((await browser.request("GET", "/api/auth/me/", **cookie)).body)
        assert me["userData"]["role"] == "visitor"
        assert (await browser.request("POST", "/api/auth/signin/", {"provider": "mock"})).code == 401
        events = [await browser.events.get()]
        while events[-1]["signal"] != "unauthorized_user":
            events.append(await browser.events.get())
        assert [(event["signal"], event["sender"], event.get("user")) for event in events[:4]] == [
            ("authorized_user", "mock", "Ada Lovelace"),
            ("pre_get_user_details", "mock", "Ada Lovelace"),
            ("pre_get_list", "Person", None),
            ("post_get_list", "Person", None),
        ]
    await asyncio.gather(stream, return_exceptions=True)


async def test_projects_are_created_updated_and_deleted_with_their_own_signals(kept: list[str]) -> None:
    with running(*kept) as (url, _):
        browser = Browser(url)
        allowed = (await browser.request("OPTIONS", "/api/team/-/projects/-/")).headers["Allow"]
        is_inside = "PATCH" in allowed
        assert is_inside is ("--sqlalchemy" not in kept)
        listed = "/api/team/?fields=id,name,projects" + ("" if is_inside else "&expand=projects")

        async def engine() -> Any:
            return json.loads((await browser.request("GET", f"{listed}&name=Engine")).body)[0]

        team = await engine()
        at = f"/api/team/{team['id']}/projects/" if is_inside else "/api/project/"
        own = {} if is_inside else {"team": team["id"]}
        stream = await browser.listen()
        for wrong in ({"name": None}, {"name": "Loom", "status": "unheard of"}):
            assert (await browser.request("POST", at, own | wrong)).code == 400
        created = json.loads((await browser.request("POST", at, own | {"name": "Loom", "due": "2027-01-01"})).body)
        assert created["status"] == "idea"
        assert (await browser.request("PATCH", f"{at}{created['id']}/", {"status": "active"})).code == 200
        projects = [(one["name"], one["status"], one["due"]) for one in (await engine())["projects"]]
        assert projects == [
            ("Difference", "done", None),
            ("Analytical", "active", None),
            ("Loom", "active", "2027-01-01"),
        ]
        assert (await browser.request("DELETE", f"{at}{created['id']}/")).code == 204
        assert (await browser.request("DELETE", f"{at}{created['id']}/")).code == 404
        events = [await browser.events.get()]
        while events[-1]["signal"] != "post_delete_instance":
            events.append(await browser.events.get())
        writes = [event for event in events if event["sender"] == "Project" and event["signal"].startswith("post_")]
        assert [(event["signal"], event["instance"]) for event in writes] == [
            (f"post_{act}_instance", "Loom") for act in ("create", "update", "delete")
        ]
        assert writes[1]["updated_fields"] == {"status": {"from": "idea", "to": "active"}}
        assert (await browser.request("DELETE", f"/api/team/{team['id']}/")).code == 204
        if not is_inside:
            left = json.loads((await browser.request("GET", "/api/project/")).body)
            assert [one["name"] for one in left] == ["Spanning tree"], "projects go with their team"
    await asyncio.gather(stream, return_exceptions=True)


async def test_a_name_is_taken_once_and_a_deleted_person_leaves_the_teams(kept: list[str]) -> None:
    with running(*kept) as (url, _):
        browser = Browser(url)
        for path, values, status in (
            ("person", {"name": "A", "email": "ADA@example.com"}, 409),
            ("person", {"name": "A", "email": "no address"}, 400),
            ("person", {"name": "A"}, 400),
            ("team", {"name": "Engine"}, 409),
            ("team", {"name": "Empty", "lead": "0"}, 400),
        ):
            assert (await browser.request("POST", f"/api/{path}/", values)).code == status, values
        alan = json.loads((await browser.request("GET", "/api/person/?role=Research")).body)[0]["id"]
        assert (await browser.request("DELETE", f"/api/person/{alan}/")).code == 204
        teams = json.loads((await browser.request("GET", "/api/team/?fields=name,members&expand=members")).body)
        assert [(team["name"], sorted(person["name"] for person in team["members"])) for team in teams] == [
            ("Bridges", ["Grace Hopper", "Radia Perlman"]),
            ("Engine", ["Ada Lovelace"]),
        ]


async def test_it_uses_the_mongodb_of_its_argument(mongodb_uri: str) -> None:
    with running("--mongodb-uri", f"{mongodb_uri}/bzz_test_example") as (url, process):
        assert (await Browser(url).request("GET", "/api/team/")).code == 200
    assert process.returncode == 0


@needs_postgres
async def test_it_uses_the_database_of_its_argument() -> None:
    where = f"postgresql+psycopg://{POSTGRES.partition('://')[2]}"
    engine = sa.create_engine(where)
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(SCHEMA))
        with running("--sqlalchemy", f"{where}?options=-csearch_path%3D{SCHEMA}") as (url, process):
            assert (await Browser(url).request("GET", "/api/team/?expand=members,projects")).code == 200
        assert process.returncode == 0
    finally:
        with engine.begin() as connection:
            drop(connection)
        engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "FILE"], "The embedded store did not start"),
        (["--sqlalchemy", "--data", "FILE"], "FILE cannot be the data folder"),
        (["--sqlalchemy", "nonsense"], "The database cannot be used: Could not parse"),
        (["--sqlalchemy", "nonsense://127.0.0.1"], "The database cannot be used: Can't load plugin"),
        (["--sqlalchemy", "mysql+mysqldb://127.0.0.1"], "The database cannot be used: No module named"),
        (["--sqlalchemy", "postgresql+asyncpg://127.0.0.1:1/x"], "The database cannot be used: "),
        (["--sqlalchemy", "postgresql+psycopg://127.0.0.1:1/x"], "The database cannot be used: "),
        (["--sqlalchemy", "sqlite:////nowhere/at/all.sqlite"], "The database cannot be used: unable to open"),
        (["--sqlalchemy", "sqlite+aiosqlite:////nowhere/at/all.sqlite"], "The database cannot be used: unable to open"),
        (["--sqlalchemy", "sqlite://"], "The database cannot be used: This SQLite database is kept in memory"),
    ],
)
def test_it_says_in_one_sentence_why_it_does_not_start(arguments: list[str], said: str, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("in the way")
    done = ended(*(str(file) if argument == "FILE" else argument for argument in arguments))
    assert done.returncode == 1
    assert done.stderr.startswith(f"example_app: {said.replace('FILE', str(file))}"), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_refuses_to_serve_both_documents_and_tables() -> None:
    done = ended("--sqlalchemy", "--mongodb-uri", "mongodb://127.0.0.1")
    assert done.returncode == 2
    assert "not allowed with argument" in done.stderr
