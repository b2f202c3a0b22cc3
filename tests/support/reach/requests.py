"""A request, as a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.support.reach.access import Caller
from tests.support.reach.hives import Options

Step = tuple[str, int | None]


@dataclass(frozen=True)
class Request:
    """A request of one caller.

    Args:
        method: the HTTP method.
        hive: the hive that the path begins with.
        key: the primary key after its name, if there is one.
        steps: pairs of a relation and a primary key after it, if there is one.
        caller: who sends it.
        body: what it sends as JSON.
        fields: the fields that it asks for; None for all.
        expand: the paths that it expands.
        where: its filters.
        sort: its order, as pairs of a field and whether it descends.
        count: whether it asks for the number of rows.
        if_match: whether it has an ``If-Match``: None, ``"stale"`` or ``"current"``.
    """

    method: str
    hive: Options
    key: int | None = None
    steps: tuple[Step, ...] = ()
    caller: Caller = None
    body: Mapping[str, Any] | None = None
    fields: tuple[str, ...] | None = None
    expand: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    sort: tuple[tuple[str, bool], ...] = ()
    count: bool = False
    if_match: str | None = None

    @property
    def path(self) -> str:
        parts = ["", self.hive.name, *([str(self.key)] if self.key is not None else [])]
        parts += [part for name, key in self.steps for part in (name, *([str(key)] if key is not None else []))]
        return "/".join(parts)

    @property
    def url(self) -> str:
        query = dict(self.where)
        if self.fields is not None:
            query["fields"] = ",".join(self.fields)
        if self.expand:
            query["expand"] = ",".join(self.expand)
        if self.sort:
            query["sort"] = ",".join("-" * descends + name for name, descends in self.sort)
        if self.count:
            query["count"] = "true"
        return self.path + ("?" + urlencode(query) if query else "")

    @property
    def is_read(self) -> bool:
        return self.method == "GET"
