"""Requests of a user that try every way to an instance which belongs to another user."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, make_dataclass
from typing import Any

import bzz
from bzz.testing.client import Reply

Ask = Callable[..., Awaitable[Reply]]
Request = tuple[str, str, Any]


def new_key() -> str:
    return uuid.uuid4().hex


def folder_of(model: type) -> type:
    """Return a dataclass whose instances refer to instances of ``model``."""
    refers = {"reference": model}
    return make_dataclass(
        "Folder",
        [
            ("id", str, field(default_factory=new_key)),
            ("papers", list[str], field(default_factory=list, metadata=refers)),
            ("cover", str | None, field(default=None, metadata=refers)),
        ],
    )


@dataclass(frozen=True)
class Prey:
    """An instance, and the folder that refers to it.

    Args:
        at: the path of the model.
        id: the primary key of the instance.
        folder: the primary key of the folder.
        text: the name of a field, and its value.
    """

    at: str
    id: str
    folder: str
    text: tuple[str, Any]


def reads(prey: Prey) -> Iterator[Request]:
    """Yield the requests that try to read an instance, to find it, or to count it."""
    name, value = prey.text
    for path in (prey.id, f"{prey.id}?fields={name}"):
        yield "GET", f"{prey.at}/{path}", None
        yield "HEAD", f"{prey.at}/{path}", None
    for query in (f"id={prey.id}", f"id__in={prey.id},x", f"{name}={value}&sort=-{name}", f"{name}__exists=true"):
        yield "GET", f"{prey.at}?count=true&{query}", None
    folder = f"/api/folder/{prey.folder}"
    for path in (
        "/papers?count=true",
        f"/papers/{prey.id}",
        "/cover",
        "?expand=papers,cover",
        f"/papers?{name}={value}",
    ):
        yield "GET", f"{folder}{path}", None
    yield "GET", f"/api/folder?expand=papers,cover&papers__contains={prey.id}&count=true", None


def writes(prey: Prey, own: str) -> Iterator[Request]:
    """Yield the requests that try to change an instance, to delete it, or to refer to it.

    Args:
        prey: the instance.
        own: the primary key of a folder of the attacker.
    """
    (name, value), at = prey.text, f"{prey.at}/{prey.id}"
    for body in ({}, {name: value}, {name: None}, {"id": "x"}):
        yield "PUT", at, body
        yield "PATCH", at, body
    yield "DELETE", at, None
    yield "POST", prey.at, {"id": prey.id, name: value}
    for body in ({"papers": [prey.id]}, {"cover": prey.id}):
        yield "POST", "/api/folder", body
        yield "PATCH", f"/api/folder/{own}?expand=papers,cover", body
        yield "POST", f"/api/folder/{own}/{next(iter(body))}", body
    for path in (f"papers/{prey.id}", "cover"):
        yield "PUT", f"/api/folder/{prey.folder}/{path}", {name: value}
        yield "DELETE", f"/api/folder/{prey.folder}/{path}", None


async def answer(ask: Ask, prey: Prey, request: Request) -> tuple[Any, ...]:
    """Return what a reply tells, with placeholders for the keys of the prey."""
    method, path, body = request
    reply = await ask(method, path, json_body=body) if body is not None else await ask(method, path)
    shown = repr((reply.body.decode(), reply.headers.get("X-Total-Count"), reply.headers.get("Link")))
    return method, path.partition("?")[0].split("/")[2], reply.status, hidden(shown, prey)


def hidden(text: str, prey: Prey) -> str:
    return text.replace(prey.id, "PREY").replace(prey.folder, "FOLDER")


async def assert_hidden(ask: Ask, prey: Prey, ghost: Prey, own: str) -> None:
    """Check that each reply is the same for an instance of another user and for a deleted instance."""
    pairs = zip([*reads(prey), *writes(prey, own)], [*reads(ghost), *writes(ghost, own)], strict=True)
    for there, gone in pairs:
        found = await answer(ask, prey, there)
        assert found == await answer(ask, ghost, gone), there
        assert found[2] >= 400 or there in [*reads(prey)], there


async def assert_unreachable(ask: Ask, prey: Prey, own: str) -> None:
    """Check that no reply contains the text of an instance of another user, and that no write succeeds."""
    tries = [*reads(prey), *writes(prey, own)]
    for number, (method, path, body) in enumerate(tries):
        reply = await (ask(method, path, json_body=body) if body is not None else ask(method, path))
        assert str(prey.text[1]).encode() not in reply.body, (method, path, body)
        assert reply.status >= 400 or number < len([*reads(prey)]), (method, path, body)


async def hide(hive: Any, data: dict[str, Any], ask: Ask, text: str) -> tuple[Prey, Prey]:
    """Return an instance that a folder refers to, and a deleted one.

    Args:
        hive: a hive of the model.
        data: the values of the instance.
        ask: sends requests of the user to whom the instance belongs.
        text: the name of a field.
    """
    preys = []
    for _ in range(2):
        made = await ask("POST", f"/api/{hive.name}", json_body=data)
        assert made.status == 201, made.body
        key = made.json["id"]
        folder = await ask("POST", "/api/folder", json_body={"papers": [key], "cover": key})
        assert folder.status == 201, folder.body
        preys.append(Prey(f"/api/{hive.name}", key, folder.json["id"], (text, made.json[text])))
    prey, ghost = preys
    await hive.delete(ghost.id)
    return prey, ghost


def add_folders(app: Any, model: type, **options: Any) -> None:
    """Let ``app`` serve folders of instances of ``model`` from memory."""
    app.add_handlers(r".*", bzz.ModelHive.routes_for("memory", folder_of(model), "/api", **options))
