"""``Link``: the pages around one page of a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bzz.providers.values import Listing, Query
from bzz.query.pairs import query_pairs


def page_links(
    path: str, encoded: str, query: Query, listing: Listing, cursor: str | None, *, has_numbers: bool = True
) -> str:
    """Return the value of ``Link`` (RFC 8288, section 3).

    It contains the URLs of the first, the previous and the next page.

    Args:
        path: the path of the list.
        encoded: the request's query string.
        query: the query that ``encoded`` contains.
        listing: the page.
        cursor: the cursor of the next page. None if there is no next page, or if a client must ask for it with
            ``page``.
        has_numbers: whether a client can ask for a page with ``page``. If not, the first page is the list itself.
    """
    pages: dict[str, list[tuple[str, Any]]] = {"first": [("page", 1)] if has_numbers else []}
    if query.skip:
        pages["prev"] = [("page", query.page - 1)]
    if cursor:
        pages["next"] = [("after", cursor)]
    elif listing.more and not query.after:
        pages["next"] = [("page", query.page + 1)]
    kept = [(key, value) for key, value in query_pairs(encoded) if key not in ("page", "after")]
    return ", ".join(f'<{_url(path, [*kept, *page])}>; rel="{rel}"' for rel, page in pages.items())


def _url(path: str, parameters: list[tuple[str, Any]]) -> str:
    return f"{path}?{urlencode(parameters, safe=',')}" if parameters else path
