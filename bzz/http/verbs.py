"""Which HTTP methods are which acts."""

from __future__ import annotations

METHODS_OF = {
    "list": ("GET", "HEAD"),
    "get": ("GET", "HEAD"),
    "create": ("POST",),
    "associate": ("POST",),
    "update": ("PUT", "PATCH"),
    "delete": ("DELETE",),
    "dissociate": ("DELETE",),
}
VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
SWITCHES = tuple(dict.fromkeys(VERBS.values()))
