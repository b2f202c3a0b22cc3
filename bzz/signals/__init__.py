"""The signals of bzz and of applications, and the log filter for request ids.

Signals are blinker signals: ``post_create_instance.connect_via(User)`` connects a receiver.
"""

from bzz.signals.dispatch import Signal
from bzz.signals.named import (
    authorized_user,
    declared,
    post_associate,
    post_create_instance,
    post_delete_instance,
    post_dissociate,
    post_get_instance,
    post_get_list,
    post_provider_call,
    post_update_instance,
    pre_associate,
    pre_create_instance,
    pre_delete_instance,
    pre_dissociate,
    pre_get_instance,
    pre_get_list,
    pre_get_user_details,
    pre_provider_call,
    pre_update_instance,
    request_failed,
    signal,
    unauthorized_user,
)
from bzz.signals.request_ids import RequestIdFilter, request_id

__all__ = [
    "RequestIdFilter",
    "Signal",
    "authorized_user",
    "declared",
    "post_associate",
    "post_create_instance",
    "post_delete_instance",
    "post_dissociate",
    "post_get_instance",
    "post_get_list",
    "post_provider_call",
    "post_update_instance",
    "pre_associate",
    "pre_create_instance",
    "pre_delete_instance",
    "pre_dissociate",
    "pre_get_instance",
    "pre_get_list",
    "pre_get_user_details",
    "pre_provider_call",
    "pre_update_instance",
    "request_failed",
    "request_id",
    "signal",
    "unauthorized_user",
]
