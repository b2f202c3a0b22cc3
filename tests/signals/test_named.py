"""The declarations of the signals."""

from __future__ import annotations

from typing import Any

import pytest

from bzz import signals

NAMES = [
    *(f"{when}_{what}" for what in ("get_instance", "get_list") for when in ("pre", "post")),
    *(f"{when}_{what}_instance" for what in ("create", "update", "delete") for when in ("pre", "post")),
    *(f"{when}_{what}" for what in ("associate", "dissociate") for when in ("pre", "post")),
    *("request_failed", "pre_provider_call", "post_provider_call"),
]
CONTRACT = {
    "pre_get_instance": "arguments handler hive",
    "post_get_instance": "instance handler hive",
    "pre_get_list": "arguments handler hive query",
    "post_get_list": "items handler hive",
    "pre_create_instance": "arguments handler hive data",
    "post_create_instance": "instance handler hive",
    "pre_update_instance": "arguments handler hive data instance updated_fields",
    "post_update_instance": "instance updated_fields handler hive",
    "pre_delete_instance": "arguments handler hive instance",
    "post_delete_instance": "instance handler hive",
    "pre_associate": "parent field instance arguments handler hive",
    "request_failed": "act arguments error handler hive",
    "pre_provider_call": "operation_name target_name",
    "post_provider_call": "operation_name target_name duration error",
}


def test_the_names_are_public_api() -> None:
    assert [*signals.declared()][: len(NAMES)] == NAMES
    assert all(getattr(signals, name) is signal for name, signal in signals.declared().items() if name in NAMES)


@pytest.mark.parametrize("name", CONTRACT)
def test_a_signal_offers_and_explains_the_promised_keywords(name: str) -> None:
    signal = signals.declared()[name]
    assert {*CONTRACT[name].split(), "request_id", "signal"} <= signal.keywords.keys()
    assert all([signal.__doc__, signal.sender, *signal.keywords.values()])


async def test_an_application_declares_signals_of_its_own() -> None:
    paid = signals.signal("invoice_paid", "Once an invoice is paid.", {"invoice": "the invoice", "cents": "how much"})
    calls: list[Any] = []

    async def first(sender: Any, cents: int) -> None:
        calls.append((sender, cents))

    def second(sender: Any, request_id: Any, signal: Any, **rest: Any) -> None:
        calls.append(rest)

    paid.connect(first)
    paid.connect(second)
    await paid.send_async("shop", invoice=7, cents=100)
    assert calls == [("shop", 100), {"invoice": 7, "cents": 100}]
    with pytest.raises(TypeError, match="with amount, without cents"):
        await paid.send_async("shop", invoice=7, amount=100)
    with pytest.raises(TypeError, match="invoice_paid offers the sender and invoice, cents"):
        paid.connect(lambda sender, amount: None)
    with pytest.raises(TypeError, match="invoice_sent offers itself as the keyword signal"):
        signals.signal("invoice_sent", "Once an invoice is sent.", {"signal": "a light"})
    assert "invoice_sent" not in signals.declared()


def test_a_signal_is_declared_once() -> None:
    first = signals.signal("shipped", "Once it is out.", {"parcel": "the parcel"})
    assert signals.signal("shipped", "Once it is out.", {"parcel": "the parcel"}) is first
    assert signals.declared()["shipped"] is first
    for keywords, isolated in (({"parcel": "the parcel"}, True), ({"box": "the parcel"}, False), ({}, False)):
        with pytest.raises(ValueError, match="'shipped' is declared already"):
            signals.signal("shipped", "Once it is out.", keywords, isolated=isolated)
    undocumented = signals.signal("lost", "", {}, isolated=True)
    assert signals.signal("lost", "", {}, isolated=True) is undocumented
    assert undocumented.isolated
    with pytest.raises(ValueError, match="'post_create_instance' is declared already"):
        signals.signal("post_create_instance", "Mine.", {})


async def test_a_test_may_send_bzzs_signals_without_the_optional_keywords() -> None:
    seen: list[Any] = []

    @signals.post_update_instance.connect
    def receive(sender: Any, *, updated_fields: Any, handler: Any, hive: Any, unit: Any, context: Any) -> None:
        seen.append((updated_fields, handler, hive, unit, context))

    diff = {"age": {"from": 1, "to": 2}}
    await signals.post_update_instance.send_async(object, instance=None, updated_fields=diff)
    assert seen == [(diff, None, None, None, {})]
