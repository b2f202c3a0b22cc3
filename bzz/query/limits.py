"""The limits of a store: what a query may not ask for."""

from __future__ import annotations

from bzz.providers.capabilities import Capabilities
from bzz.providers.conditions import Condition
from bzz.providers.values import Query


def check_query(capabilities: Capabilities, query: Query) -> None:
    """Check that a store can do what a query asks for. Receivers may have changed the query.

    Raises:
        ValueError: the store cannot do it.
    """
    asked = {"count": query.count, "page": query.skip > 0, "after": query.after, "sort": query.sort}
    for name, value in asked.items():
        if value and not getattr(capabilities, name):
            raise ValueError(f"query.{name} is not supported by the store of this list")
    for condition in query.where:
        check_keys(capabilities, condition, f"the condition on {condition.field} ")


def check_keys(capabilities: Capabilities, condition: Condition, named: str = "") -> None:
    """Check that a condition has no more values than a store can look for at once.

    Args:
        capabilities: what the store can do.
        condition: the condition.
        named: the beginning of the error text, which names the condition.

    Raises:
        ValueError: it has more.
    """
    if exceeds(capabilities, condition):
        raise ValueError(f"{named}takes at most {capabilities.keys} values, not {len(condition.value)}")


def exceeds(capabilities: Capabilities, condition: Condition) -> bool:
    """Tell whether a condition has more values than a store can look for at once."""
    return condition.operator in ("in", "nin") and len(condition.value) > capabilities.keys
