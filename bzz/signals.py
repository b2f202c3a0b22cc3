"""The named signals, each declared once: when it is sent, by what, and what it offers.

What is declared here is what a receiver is checked against when it is connected, what it is called with, and what the
documentation says. ``signal`` declares those of an application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bzz.dispatch import Signal

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


def _own(name: str, doc: str, keywords: Mapping[str, str], **contract: Any) -> Signal:
    _declared[name] = Signal(name, doc, keywords, optional=_COMMON.keys() & keywords.keys(), **contract)
    return _declared[name]


_MODEL = "the model class"
_PARENT = "the parent's class"
_ARGUMENTS = "the path as a list of strings: ``['user']``, ``['user/PK']``, ``['team/ID', 'users/UID']``"
_INSTANCE = "the instance, of the model's own class"
_DATA = "field name to typed value; a receiver may change it"
_DIFF = "what differs: dotted field name to ``{'from': old, 'to': new}``"
_COMMON = {
    "handler": "the request's Tornado handler; None outside of a request",
    "unit": "the provider's open unit of work; None where there is none",
}

pre_get_instance = _own(
    "pre_get_instance", "Before an instance is read.", {"arguments": _ARGUMENTS, **_COMMON}, sender=_MODEL
)
post_get_instance = _own(
    "post_get_instance",
    "After it was read, before the reply.",
    {"instance": f"{_INSTANCE}; a receiver may change what is shown of it", **_COMMON},
    sender=_MODEL,
)
pre_get_list = _own(
    "pre_get_list",
    "Before a list is read.",
    {"arguments": _ARGUMENTS, "query": "the ``Query`` about to be run; a receiver may change it", **_COMMON},
    sender=_MODEL,
)
post_get_list = _own(
    "post_get_list",
    "After it was read, before the reply.",
    {"items": "the instances, a list that a receiver may change", **_COMMON},
    sender=_MODEL,
)
pre_create_instance = _own(
    "pre_create_instance", "Before a create.", {"arguments": _ARGUMENTS, "data": _DATA, **_COMMON}, sender=_MODEL
)
post_create_instance = _own(
    "post_create_instance", "Once it is stored.", {"instance": _INSTANCE, **_COMMON}, sender=_MODEL, isolated=True
)
pre_update_instance = _own(
    "pre_update_instance",
    "Before an update.",
    {"arguments": _ARGUMENTS, "data": _DATA, "instance": _INSTANCE, "updated_fields": _DIFF, **_COMMON},
    sender=_MODEL,
    computed=("updated_fields",),
)
post_update_instance = _own(
    "post_update_instance",
    "Once it is stored.",
    {"instance": _INSTANCE, "updated_fields": _DIFF, **_COMMON},
    sender=_MODEL,
    isolated=True,
    computed=("updated_fields",),
)
pre_delete_instance = _own(
    "pre_delete_instance",
    "Before a delete.",
    {"arguments": _ARGUMENTS, "instance": _INSTANCE, **_COMMON},
    sender=_MODEL,
)
post_delete_instance = _own(
    "post_delete_instance", "Once it is gone.", {"instance": _INSTANCE, **_COMMON}, sender=_MODEL, isolated=True
)

_MEMBERSHIP = {
    "parent": "the instance that has the relation",
    "field": "the relation's name",
    "instance": "who joins or leaves",
    "arguments": _ARGUMENTS,
    **_COMMON,
}

pre_associate = _own("pre_associate", "Before an instance joins a relation.", _MEMBERSHIP, sender=_PARENT)
post_associate = _own("post_associate", "Once it has joined.", _MEMBERSHIP, sender=_PARENT, isolated=True)
pre_dissociate = _own("pre_dissociate", "Before an instance leaves a relation.", _MEMBERSHIP, sender=_PARENT)
post_dissociate = _own("post_dissociate", "Once it has left.", _MEMBERSHIP, sender=_PARENT, isolated=True)

request_failed = _own(
    "request_failed",
    "Once it is certain that a ``pre_`` signal will have no ``post_`` signal.",
    {
        "act": "``get``, ``list``, ``create``, ``update``, ``delete``, ``associate`` or ``dissociate``",
        "arguments": _ARGUMENTS,
        "instance": "as the ``pre_`` signal had it; None where it had none",
        "error": "the exception that has ended the act",
        **_COMMON,
    },
    sender="that of the ``pre_`` signal",
    isolated=True,
)

_CALL = {
    "operation_name": "the provider's method: ``get``, ``list``, ``create``, ``update``, ``delete``",
    "target_name": "name of the model class",
}

pre_provider_call = _own(
    "pre_provider_call",
    "Before an operation of a provider, to observe it.",
    _CALL,
    sender="the provider's name",
    isolated=True,
)
post_provider_call = _own(
    "post_provider_call",
    "After it.",
    {**_CALL, "duration": "seconds that were spent in the store", "error": "what it raised, or None"},
    sender="the provider's name",
    isolated=True,
)
