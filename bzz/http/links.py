"""Links to the pages around one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bzz.providers.values import Listing, Query
from bzz.query.pairs import query_pairs


def page_links(path: str, encoded: str, query: Query, listing: Listing, cursor: str | None) -> str:
    """Return the value of ``Link`` to the pages around one (RFC 8288, section 3).

    Args:
        path: of the list.
        encoded: the query string that was asked with.
        query: what it asks for.
        listing: what came of it.
        cursor: to the next page; None where there is none, or only its number leads there.
    """
    pages: dict[str, tuple[str, Any]] = {"first": ("page", 1)}
    if query.skip:
        pages["prev"] = ("page", query.page - 1)
    if cursor:
        pages["next"] = ("after", cursor)
    elif listing.more and not query.after:
        pages["next"] = ("page", query.page + 1)
    asked = [(key, value) for key, value in query_pairs(encoded) if key not in ("page", "after")]
    kept = f"{urlencode(asked, safe=',')}&" if asked else ""
    return ", ".join(f'<{path}?{kept}{name}={value}>; rel="{rel}"' for rel, (name, value) in pages.items())
