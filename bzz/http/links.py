"""``Link``: the pages around one page of a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bzz.providers.values import Listing, Query
from bzz.query.pairs import query_pairs


def page_links(path: str, encoded: str, query: Query, listing: Listing, cursor: str | None) -> str:
    """Return the value of ``Link`` (RFC 8288, section 3).

    It contains the URLs of the first, the previous and the next page.

    Args:
        path: the path of the list.
        encoded: the request's query string.
        query: the query that ``encoded`` contains.
        listing: the page.
        cursor: the cursor of the next page. None if there is no next page, or if a client must ask for it with
            ``page``.
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
