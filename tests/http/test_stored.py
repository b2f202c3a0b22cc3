"""An error that comes after a write is stored."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api


@dataclass
class Fragile:
    """Its representation fails while it is broken."""

    id: str
    is_broken: bool = True

    def to_dict(self) -> dict[str, Any]:
        if self.is_broken:
            raise LookupError(self.id)
        return {"id": self.id}


async def test_a_representation_that_fails_leaves_the_reply_to_a_write_empty(
    api: Api, provider: MemoryProvider, caplog: pytest.LogCaptureFixture
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Fragile, to_dict=True))
    with caplog.at_level(logging.ERROR, "bzz"):
        created = await api("POST", "/fragile", json_body={"id": "a"})
        assert (created.status, created.body, created.headers["Location"]) == (201, b"", "/fragile/a/")
        updated = await api("PUT", "/fragile/a", json_body={"is_broken": True})
        assert (updated.status, updated.body) == (204, b"")
    assert "LookupError: a" in caplog.text
    assert (await api("GET", "/fragile/a")).status == 500
    repaired = await api("PUT", "/fragile/a", json_body={"is_broken": False})
    assert (repaired.status, repaired.json) == (200, {"id": "a"})


async def test_a_value_that_json_has_no_form_for_leaves_the_reply_to_a_write_empty(
    api: Api, provider: MemoryProvider
) -> None:
    class Raw(bzz.ModelHandler):
        def encode(self, value: Any) -> bytes:
            return super().encode({"made": object(), **value})

    api.mount(bzz.ModelHive.routes_for(provider, Fragile, handler_class=Raw))
    created = await api("POST", "/fragile", json_body={"id": "a"})
    assert (created.status, created.body) == (201, b"")
    assert created.headers["ETag"]
