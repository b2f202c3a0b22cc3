"""The declarations of bzz's signals, and ``signal`` for an application's own.

Each declaration says when the signal is sent, by which sender, and with which keywords. When a receiver connects, it is
checked against the declaration. The tables in the documentation are made from the declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

from bzz.signals.dispatch import Signal

_declared: dict[str, Signal] = {}
_COMMON = {
    "arguments": "the path as a list of strings: ``['user']``, ``['user/PK']``, ``['team/ID', 'users/UID']``",
    "handler": "the request's Tornado handler; None in process",
    "hive": "the hive that serves the request or runs the act; None if there is none",
    "unit": "the open unit of work; None if no unit is open",
    "context": "a dict that receivers of a ``pre_`` signal share with receivers of the signal that follows it",
}
_DEFAULTS: dict[str, Callable[[], Any]] = {
    "arguments": list,
    "handler": NoneType,
    "hive": NoneType,
    "unit": NoneType,
    "context": dict,
}


def signal(name: str, doc: str, keywords: Mapping[str, str], *, isolated: bool = False) -> Signal:
    """Declare a signal of the application and return it.

    The application sends the signal with ``send_async``. A second declaration with the same name and keywords returns
    the same signal.

    Args:
        name: the name, unique in the process.
        doc: one sentence that says when the signal is sent.
        keywords: a dict from the name of each keyword to its meaning. ``request_id`` and ``signal`` are added.
        isolated: whether a receiver's exception is logged, and the other receivers still run.

    Raises:
        TypeError: ``keywords`` contains ``signal``.
        ValueError: a signal of bzz has the name, or the name was declared with other keywords or another ``isolated``.
    """
    made = Signal(name, doc, keywords, isolated=isolated)
    known = _declared.setdefault(name, made)
    if (known.keywords.keys(), known.isolated, known.sender) != (made.keywords.keys(), isolated, made.sender):
        raise ValueError(f"a signal {name!r} is declared already: {known.doc} It offers {', '.join(known.keywords)}")
    return known


def declared() -> Mapping[str, Signal]:
    """Return a dict from name to signal.

    It contains bzz's own signals and the signals that the application declared with ``signal``.
    """
    return dict(_declared)


def _act_signal(
    name: str, doc: str, keywords: Mapping[str, str], sender: str = "the model class", **contract: Any
) -> Signal:
    _declared[name] = Signal(
        name, doc, {**keywords, **_COMMON}, sender=sender, senders=type, optional=_DEFAULTS, **contract
    )
    return _declared[name]


def _provider_signal(name: str, doc: str, keywords: Mapping[str, str]) -> Signal:
    common = {
        "operation_name": "the provider's method, such as ``get``, ``list``, ``create`` or ``begin``",
        "target_name": "the name of the table or collection; for ``memory``, the name of the model",
        "model": "the model of the instances that the call is about",
        "call_id": "a text that only the two signals of this call have",
    }
    _declared[name] = Signal(
        name, doc, {**common, **keywords}, sender="the provider's name", senders=str, isolated=True
    )
    return _declared[name]


def _auth_signal(name: str, doc: str, keywords: Mapping[str, str]) -> Signal:
    common = {
        "provider_name": "the auth provider's name, which is also the sender",
        "handler": _COMMON["handler"].partition(";")[0],
    }
    _declared[name] = Signal(name, doc, {**common, **keywords}, sender="the auth provider's name", senders=str)
    return _declared[name]


_INSTANCE = {"instance": "the instance, of the model's class"}
_DATA = {"data": "a dict from field name to a value of the field's type; receivers may change the dict"}
_DIFF = {"updated_fields": "the diff: a dict from dotted field name to ``{'from': old, 'to': new}``"}

pre_get_instance = _act_signal("pre_get_instance", "Before an instance is read.", {})
post_get_instance = _act_signal("post_get_instance", "After an instance was read, before the reply.", _INSTANCE)
pre_get_list = _act_signal(
    "pre_get_list", "Before a list is read.", {"query": "the ``Query``; receivers may change the query"}
)
post_get_list = _act_signal(
    "post_get_list",
    "After a list was read, before the reply.",
    {"items": "the list of instances; receivers may change the list"},
)
pre_create_instance = _act_signal("pre_create_instance", "Before an instance is created.", _DATA)
post_create_instance = _act_signal("post_create_instance", "After a new instance was stored.", _INSTANCE, isolated=True)
pre_update_instance = _act_signal(
    "pre_update_instance", "Before an instance is updated.", {**_DATA, **_INSTANCE, **_DIFF}, computed=_DIFF
)
post_update_instance = _act_signal(
    "post_update_instance", "After an update was stored.", {**_INSTANCE, **_DIFF}, computed=_DIFF, isolated=True
)
pre_delete_instance = _act_signal("pre_delete_instance", "Before an instance is deleted.", _INSTANCE)
post_delete_instance = _act_signal("post_delete_instance", "After an instance was deleted.", _INSTANCE, isolated=True)

_MEMBERSHIP = {
    "parent": "the instance that holds the relation",
    "field": "the relation's name",
    "instance": "the member that joins or leaves",
}
_PARENT = "the parent's class"

pre_associate = _act_signal("pre_associate", "Before a member joins a relation.", _MEMBERSHIP, _PARENT)
post_associate = _act_signal("post_associate", "After a member joined a relation.", _MEMBERSHIP, _PARENT, isolated=True)
pre_dissociate = _act_signal("pre_dissociate", "Before a member leaves a relation.", _MEMBERSHIP, _PARENT)
post_dissociate = _act_signal("post_dissociate", "After a member left a relation.", _MEMBERSHIP, _PARENT, isolated=True)

request_failed = _act_signal(
    "request_failed",
    "When no ``post_`` signal can follow a ``pre_`` signal any more.",
    {
        "act": "``get``, ``list``, ``create``, ``update``, ``delete``, ``associate`` or ``dissociate``",
        "instance": "the instance of the ``pre_`` signal; None if that signal had no instance",
        "error": "the exception that ended the act",
    },
    "the sender of the ``pre_`` signal",
    isolated=True,
)

pre_provider_call = _provider_signal(
    "pre_provider_call", "Before a call of a provider, so that receivers can observe the call.", {}
)
post_provider_call = _provider_signal(
    "post_provider_call",
    "After a call of a provider.",
    {"duration": "the seconds that the call took", "error": "the exception that the call raised, or None"},
)

_USER = {"user_data": "the user's dict (``id``, ``provider``, ``name``, ...); the reply shows what receivers add"}

authorized_user = _auth_signal("authorized_user", "After a sign-in succeeded, before the reply.", _USER)
unauthorized_user = _auth_signal(
    "unauthorized_user",
    "After a sign-in failed, before the reply.",
    {"error": "the exception of the reply: ``Unauthorized`` for wrong credentials, ``Unavailable``, ..."},
)
pre_get_user_details = _auth_signal("pre_get_user_details", "Before ``/auth/me/`` replies.", _USER)
