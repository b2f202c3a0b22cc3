"""Admission: what the caller of one request may reach, and which requirements the caller must meet."""

from __future__ import annotations

from collections.abc import Iterable

from tornado.web import HTTPError

from bzz.exceptions import BzzError
from bzz.http.families import family_of
from bzz.http.handler import Handler
from bzz.http.policy import Policy, refusal, requirements
from bzz.http.verbs import Gate
from bzz.lifecycle.in_process import InProcess
from bzz.resources.family import FamilyReach
from bzz.resources.options import VERBS


async def reach_of(handler: Handler, policy: Policy | None, hive: InProcess) -> FamilyReach:
    """Return the models that the caller of a request may reach.

    Args:
        handler: the handler of the request.
        policy: the policy of the application.
        hive: the hive that serves the request.
    """
    family = hive.family or family_of(handler.application)
    if not family.guarded:
        return family.reach()
    denied = [
        (model, verb)
        for model, resource in family.guarded.items()
        for verb in VERBS
        if await refusal(handler, requirements(policy, [resource], verb))
    ]
    return family.reach(frozenset(denied))


async def refusal_at(handler: Handler, policy: Policy | None, gates: Iterable[Gate]) -> BzzError | HTTPError | None:
    """Return the error of the first gate that does not let the caller pass. Return None if all do.

    Raises:
        Exception: raised by a check, unless it is of the returned types.
    """
    for gate in gates:
        if policy is None and not gate.resource.authenticated:
            continue
        if error := await refusal(handler, requirements(policy, [gate.resource], gate.verb)):
            return error
    return None


async def admit(handler: Handler, policy: Policy | None, gates: Iterable[Gate]) -> None:
    """Let the caller pass all gates.

    Raises:
        Unauthorized: a gate needs a signed-in user.
        Forbidden: the user does not pass a check.
        Exception: raised by a check.
    """
    if error := await refusal_at(handler, policy, gates):
        raise error
