"""The verb table: the HTTP methods of acts, and the hives that decide about a method at a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bzz.resources.paths import METHODS_OF, Path, Step
from bzz.resources.resource import Resource
from bzz.schema.fields import Holder

VERB_OF = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
READING = frozenset({"GET"})
UPDATING = frozenset({"PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Gate:
    """What one hive must allow, so that a method may be used at a path.

    Args:
        resource: the access that the hive gives.
        verb: the verb that the caller must be allowed to use.
        methods: HTTP methods. The hive must allow one of them.
    """

    resource: Resource
    verb: str
    methods: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Whether the hive allows one of the methods, whoever the caller is."""
        return not self.methods.isdisjoint(self.resource.methods)


def gates(path: Path, method: str) -> Iterator[Gate]:
    """Yield the gates that a request with ``method`` must pass at ``path``.

    A hive that the path only passes through must allow GET. So must the hive of an association table that stores a
    relation along the path. The hive whose instances store a reference decides about joining and leaving. The hive at
    the end decides about everything else.
    """
    verb = VERB_OF.get(method)
    if verb is None:  # OPTIONS
        return
    *passed, last = [step.resource for step in path.steps if not step.is_embedded]
    followed = [step.relation.field for step in path.steps if step.relation]
    if method in WRITES and path.end.is_reference:
        followed.pop()
        relation = path.end.relation
        if relation is None or relation.field.holder is None:
            yield Gate(passed.pop(), "update", UPDATING)
        else:
            yield _gate_of_holder(path, relation.field.holder, last, method)
    else:
        yield Gate(last, verb, frozenset({method}))
    between = (rows for known in followed if (rows := path.reach.between(known)))
    yield from (Gate(resource, "get", READING) for resource in (*passed, *between))


def _gate_of_holder(path: Path, holder: Holder, member: Resource, method: str) -> Gate:
    """Return the gate of the class whose rows store the relation at the end of ``path``."""
    if holder.member_field is not None:
        rows = path.reach.find(holder.model) or member
        return Gate(rows, VERB_OF[method], frozenset({method}))
    if holder.is_owner and method == "DELETE":
        return Gate(member, "delete", frozenset({method}))
    return Gate(member, "update", UPDATING)


def takes(path: Path, method: str, needed: Iterable[Gate]) -> bool:
    """Tell whether a path takes a method, whoever the caller is.

    Args:
        path: the path.
        method: an HTTP method.
        needed: the gates that a request with ``method`` must pass.
    """
    if method == "OPTIONS":
        return True
    if not any(method in METHODS_OF[act] for act in path.end.acts):
        return False
    return all(gate.is_open for gate in needed) and (method not in WRITES or _may_be_written(path.steps))


def allowed_methods(path: Path) -> tuple[str, ...]:
    """Return the methods that a path takes, whoever the caller is.

    ``OPTIONS`` is the last method.
    """
    fitting = (method for act in path.end.acts for method in METHODS_OF[act])
    return (*(method for method in fitting if takes(path, method, gates(path, method))), "OPTIONS")


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
