"""Conditional requests (RFC 9110, section 13) of tests."""

from __future__ import annotations

import re
from typing import Any

from bzz.testing.client import Reply
from tests.support.client import Api

ETAG = re.compile(r'"[0-9a-f]{32}"')


async def tagged(api: Api, path: str) -> str:
    """The entity tag of a GET."""
    etag: str = (await api("GET", path)).headers["ETag"]
    assert ETAG.fullmatch(etag)
    return etag


async def write(api: Api, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    """Send a request with header fields, named with underscores."""
    return await api(method, path, json_body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
