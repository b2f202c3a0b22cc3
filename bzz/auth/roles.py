"""Roles: checks that read the roles of the signed-in user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tornado.web import RequestHandler


@dataclass(frozen=True)
class Role:
    """A check that users with one of several roles pass.

    Args:
        names: the names of the roles.
    """

    names: frozenset[str]

    def __call__(self, handler: RequestHandler) -> bool:
        """Return whether the signed-in user has one of the roles."""
        user = handler.current_user
        roles = user.get("roles") if isinstance(user, Mapping) else None
        return isinstance(roles, (list, tuple, set, frozenset)) and any(name in roles for name in self.names)


def role(*names: str) -> Role:
    """Return a check that users with one of several roles pass.

    The check reads ``handler.current_user["roles"]``, a list of names from the auth provider. A user without such a
    list does not pass.

    Args:
        names: the names of the roles; one of them is enough.

    Raises:
        TypeError: there is no name, or a name is not text.
    """
    if not names or not all(isinstance(name, str) and name for name in names):
        raise TypeError(f"role takes names of roles, each a text, not {names!r}")
    return Role(frozenset(names))
