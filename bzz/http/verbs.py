"""The verb table: the HTTP methods of acts and of paths."""

from __future__ import annotations

from collections.abc import Sequence

from bzz.resources.paths import Path, Step

METHODS_OF = {
    "list": ("GET", "HEAD"),
    "get": ("GET", "HEAD"),
    "create": ("POST",),
    "associate": ("POST",),
    "update": ("PUT", "PATCH"),
    "delete": ("DELETE",),
    "dissociate": ("DELETE",),
}
VERB_OF = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def allowed_methods(path: Path) -> tuple[str, ...]:
    """Return the methods of a path that all resources along it allow.

    ``OPTIONS`` is the last method.
    """
    taken = frozenset.intersection(*(resource.methods for resource in path.resources))
    if not _may_be_written(path.steps):
        taken -= WRITES
    fitting = (method for act in path.end.acts for method in METHODS_OF[act])
    return (*(method for method in fitting if method in taken), "OPTIONS")


def _may_be_written(steps: Sequence[Step]) -> bool:
    """Tell whether requests may change the last relation of a path.

    They must also be allowed to change each relation that embeds the parent of the last relation.
    """
    for step, before in zip(reversed(steps), reversed(steps[:-1]), strict=False):
        if step.relation and not step.relation.field.updatable:
            return False
        if not before.is_embedded:
            break
    return True
