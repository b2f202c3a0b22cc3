"""The resource that all contestants serve.

This module also contains the handler that is written by hand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson
import tornado.web

from bzz.providers.base import Provider

PER_PAGE = 20
ROWS = 1000
_JSON = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


@dataclass(frozen=True, slots=True)
class Contest:
    """Several ways to serve the same people.

    Args:
        model: the class of the people.
        provider: bzz's provider of that class.
        by_hand: the stores written by hand, by title.
        ids: the ids of the stored people, as texts for URLs.
    """

    model: type
    provider: Provider
    by_hand: dict[str, People]
    ids: list[str]


class People(ABC):
    """The store of people, written by hand.

    Each operation returns the values that a reply shows.
    """

    @abstractmethod
    async def get(self, key: str) -> dict[str, Any] | None:
        """Return one person, or None if there is no such person."""

    @abstractmethod
    async def first(self) -> list[dict[str, Any]]:
        """Return the first ``PER_PAGE`` people in the order of their primary keys."""

    @abstractmethod
    async def create(self, values: dict[str, Any]) -> dict[str, Any]:
        """Insert a new person and return the stored values."""

    @abstractmethod
    async def update(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """Set the ``values`` of one person and return the stored values.

        Return None if there is no such person.
        """


class PersonHandler(tornado.web.RequestHandler):
    """The handler that is written by hand. It replies as bzz does."""

    def initialize(self, people: People) -> None:
        self.people = people

    async def get(self, key: str | None) -> None:
        if key is None:
            self._reply(await self.people.first())
        else:
            self._reply_one(await self.people.get(key))

    async def post(self, key: str | None) -> None:
        values = check(self.request.body)
        if key is not None or "name" not in values:
            raise tornado.web.HTTPError(405 if key else 400)
        person = await self.people.create(values)
        self.set_status(201)
        self.set_header("Location", f"{self.request.path}/{person['id']}/")
        self._reply_one(person)

    async def put(self, key: str | None) -> None:
        if key is None:
            raise tornado.web.HTTPError(405)
        self._reply_one(await self.people.update(key, check(self.request.body)))

    def compute_etag(self) -> None:
        """Set no entity tag, because ``_reply_one`` sets the tag."""

    def _reply_one(self, person: dict[str, Any] | None) -> None:
        if person is None:
            raise tornado.web.HTTPError(404)
        body = orjson.dumps(person, option=_JSON)
        self.set_header("ETag", f'"{blake2b(body, digest_size=16).hexdigest()}"')
        self._finish(body)

    def _reply(self, people: list[dict[str, Any]]) -> None:
        self._finish(orjson.dumps(people, option=_JSON))

    def _finish(self, body: bytes) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(body)


def represent(person: Any) -> dict[str, Any]:
    """Return those values of an instance that a reply shows.

    The instance may be of any of the models.
    """
    key = person.id
    return {
        "id": key if isinstance(key, str) else str(key),
        "name": person.name,
        "email": person.email,
        "age": person.age,
        "active": person.active,
        "joined": person.joined,
    }


def check(body: bytes) -> dict[str, Any]:
    """Return the values in a body.

    Raise HTTPError if a value has the wrong type or a field is unknown.
    """
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise tornado.web.HTTPError(400, reason="The body is not JSON") from error
    if not isinstance(given, dict) or not given.keys() <= CHECKS.keys():
        raise tornado.web.HTTPError(400, reason="The body is no person")
    try:
        return {name: CHECKS[name](value) for name, value in given.items()}
    except (TypeError, ValueError) as error:
        raise tornado.web.HTTPError(400, reason=str(error)) from error


def _a(kind: type, *, required: bool = False) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if type(value) is kind or (value is None and not required):
            return value
        raise TypeError(f"expected {kind.__name__}")

    return checked


def _a_moment(value: Any) -> Any:
    """Return a date and time in UTC.

    The result has no time zone, as in a store that keeps none.
    """
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _a(str, required=True),
    "email": _a(str),
    "age": _a(int),
    "active": _a(bool, required=True),
    "joined": _a_moment,
}


def person(number: int) -> dict[str, Any]:
    """Return the values of a person for a request.

    Different numbers give different people.
    """
    joined = f"2026-01-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:00Z"
    email = f"person{number}@example.com"
    return {"name": f"Person {number}", "email": email, "age": number % 100, "active": True, "joined": joined}
