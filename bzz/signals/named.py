"""The named signals, each declared once: when it is sent, by what, and what it offers.

What is declared here is what a receiver is checked against when it is connected, what it is called with, and what the
documentation says. ``signal`` declares those of an application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

from bzz.signals.dispatch import Signal

_declared: dict[str, Signal] = {}


def signal(name: str, doc: str, keywords: Mapping[str, str], *, isolated: bool = False) -> Signal:
    """Declare a signal of an application, which has all that bzz's own have; send it with ``send_async``.

    Declared again with the same keywords, it is the same signal.

    Args:
        name: what it is called.
        doc: when it is sent.
        keywords: what it offers, each with its meaning; ``request_id`` comes on top.
        isolated: whether a receiver's exception is logged, and the others still run, instead of being raised.

    Raises:
        ValueError: the name is one of bzz's own, or of a signal that was declared otherwise.
    """
    made = Signal(name, doc, keywords, isolated=isolated)
    known = _declared.setdefault(name, made)
    if (known.keywords.keys(), known.isolated, known.sender) != (made.keywords.keys(), isolated, made.sender):
        raise ValueError(f"a signal {name!r} is declared already: {known.doc} It offers {', '.join(known.keywords)}")
    return known


def declared() -> Mapping[str, Signal]:
    """Return every signal there is, by its name: bzz's own and those that were declared with ``signal``."""
    return dict(_declared)


_COMMON = {
    "arguments": "the path as a list of strings: ``['user']``, ``['user/PK']``, ``['team/ID', 'users/UID']``",
    "handler": "the request's Tornado handler; None outside of a request",
    "unit": "the provider's open unit of work; None where there is none",
    "context": "a dict for receivers to use, the same one in a ``pre_`` signal and in the one that follows it",
}

_UNLESS_SENT: dict[str, Callable[[], Any]] = {"arguments": list, "handler": NoneType, "unit": NoneType, "context": dict}


def _of_an_act(
    name: str, doc: str, keywords: Mapping[str, str], sender: str = "the model class", **contract: Any
) -> Signal:
    _declared[name] = Signal(
        name, doc, {**keywords, **_COMMON}, sender=sender, senders=type, optional=_UNLESS_SENT, **contract
    )
    return _declared[name]


def _of_a_call(name: str, doc: str, keywords: Mapping[str, str]) -> Signal:
    common = {
        "operation_name": "the provider's method: ``get``, ``list``, ``create``, ``update``, ``delete``",
        "target_name": "name of the model class",
    }
    _declared[name] = Signal(
        name, doc, {**common, **keywords}, sender="the provider's name", senders=str, isolated=True
    )
    return _declared[name]


def _of_a_user(name: str, doc: str, keywords: Mapping[str, str]) -> Signal:
    common = {"provider_name": "the auth provider's name, again", "handler": _COMMON["handler"].partition(";")[0]}
    _declared[name] = Signal(name, doc, {**common, **keywords}, sender="the auth provider's name", senders=str)
    return _declared[name]


_INSTANCE = {"instance": "the instance, of the model's own class"}
_DATA = {"data": "field name to typed value; a receiver may change it"}
_DIFF = {"updated_fields": "what differs: dotted field name to ``{'from': old, 'to': new}``"}

pre_get_instance = _of_an_act("pre_get_instance", "Before an instance is read.", {})
post_get_instance = _of_an_act("post_get_instance", "After it was read, before the reply.", _INSTANCE)
pre_get_list = _of_an_act(
    "pre_get_list", "Before a list is read.", {"query": "the ``Query`` about to be run; a receiver may change it"}
)
post_get_list = _of_an_act(
    "post_get_list",
    "After it was read, before the reply.",
    {"items": "the instances, a list that a receiver may change"},
)
pre_create_instance = _of_an_act("pre_create_instance", "Before a create.", _DATA)
post_create_instance = _of_an_act("post_create_instance", "Once it is stored.", _INSTANCE, isolated=True)
pre_update_instance = _of_an_act(
    "pre_update_instance", "Before an update.", {**_DATA, **_INSTANCE, **_DIFF}, computed=_DIFF
)
post_update_instance = _of_an_act(
    "post_update_instance", "Once it is stored.", {**_INSTANCE, **_DIFF}, computed=_DIFF, isolated=True
)
pre_delete_instance = _of_an_act("pre_delete_instance", "Before a delete.", _INSTANCE)
post_delete_instance = _of_an_act("post_delete_instance", "Once it is gone.", _INSTANCE, isolated=True)

_MEMBERSHIP = {
    "parent": "the instance that has the relation",
    "field": "the relation's name",
    "instance": "who joins or leaves",
}
_PARENT = "the parent's class"

pre_associate = _of_an_act("pre_associate", "Before an instance joins a relation.", _MEMBERSHIP, _PARENT)
post_associate = _of_an_act("post_associate", "Once it has joined.", _MEMBERSHIP, _PARENT, isolated=True)
pre_dissociate = _of_an_act("pre_dissociate", "Before an instance leaves a relation.", _MEMBERSHIP, _PARENT)
post_dissociate = _of_an_act("post_dissociate", "Once it has left.", _MEMBERSHIP, _PARENT, isolated=True)

request_failed = _of_an_act(
    "request_failed",
    "Once it is certain that no ``post_`` signal follows a ``pre_`` signal.",
    {
        "act": "``get``, ``list``, ``create``, ``update``, ``delete``, ``associate`` or ``dissociate``",
        "instance": "as the ``pre_`` signal had it; None where it had none",
        "error": "the exception that has ended the act",
    },
    "as of the ``pre_`` signal",
    isolated=True,
)

pre_provider_call = _of_a_call("pre_provider_call", "Before an operation of a provider, to observe it.", {})
post_provider_call = _of_a_call(
    "post_provider_call",
    "After it.",
    {"duration": "seconds that it took", "error": "what it raised, or None"},
)

_USER = {"user_data": "the user's own dict (``id``, ``provider``, ``name``, ...); what a receiver adds is in the reply"}

authorized_user = _of_a_user("authorized_user", "When a sign-in has succeeded, before the reply.", _USER)
unauthorized_user = _of_a_user(
    "unauthorized_user",
    "When a sign-in has failed, before the reply.",
    {"error": "the exception that is answered: ``Unauthorized`` for wrong credentials, ``Unavailable``, ..."},
)
pre_get_user_details = _of_a_user("pre_get_user_details", "Before ``/auth/me/`` replies.", _USER)
