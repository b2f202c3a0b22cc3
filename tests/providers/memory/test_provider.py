from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

import bzz
from bzz import signals
from bzz.exceptions import NotFound
from bzz.lifecycle import reads, writes
from bzz.providers.memory import MemoryProvider
from tests.support.acts import act_on
from tests.support.client import Api
from tests.support.models import User


@dataclass
class Page:
    """Addressed by its slug, seen by its owner only, with a representation of its own."""

    slug: str
    id: int = field(default_factory=iter(range(1, 10**6)).__next__)
    owner: str = ""
    seen: ClassVar[list[Any]] = []

    @classmethod
    def get_id_field_name(cls) -> dataclasses.Field[Any]:
        return cls.__dataclass_fields__["slug"]

    @classmethod
    def get_list_queryset(cls, queryset: Iterable[Page], handler: Any) -> Iterable[Page]:
        return (page for page in queryset if page.owner == handler.request.headers.get("X-Who", ""))

    @classmethod
    def get_instance_queryset(
        cls, model: type[Page], queryset: Iterable[Page], instance_id: str, handler: Any
    ) -> Iterable[Page]:
        cls.seen.append((model, instance_id))
        return cls.get_list_queryset(queryset, handler)

    def to_dict(self) -> dict[str, Any]:
        return {"the slug": self.slug}


async def test_hooks_to_dict_and_id_field_of_the_model_are_used(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Page, to_dict=True))
    created = await api("POST", "/page", json_body={"slug": "home", "owner": "ada"})
    assert created.json == {"the slug": "home"}
    assert created.headers["Location"] == "/page/home/"
    ada, bob = {"X-Who": "ada"}, {"X-Who": "bob"}
    assert (await api("GET", "/page/home", headers=ada)).json == {"the slug": "home"}
    assert Page.seen[-1] == (Page, "home")
    assert (await api("GET", "/page", headers=ada)).json == [{"the slug": "home"}]
    assert (await api("GET", "/page", headers=bob)).json == []
    for method in ("GET", "PUT", "DELETE"):
        reply = await api(method, "/page/home", headers=bob, body="" if method == "PUT" else None)
        assert reply.status == 404


async def test_to_dict_runs_after_receivers_changed_the_instance(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Page, to_dict=True))
    await api("POST", "/page", json_body={"slug": "home"})

    @signals.post_get_instance.connect
    def change(sender: Any, instance: Page) -> None:
        instance.slug = "changed"

    assert (await api("GET", "/page/home")).json == {"the slug": "changed"}


@dataclass
class NoKey:
    name: str


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (object, "is not a dataclass"),
        (NoKey, "NoKey has no primary key"),
    ],
)
def test_routes_are_refused_for_classes_that_cannot_be_served(model: type, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        bzz.ModelHive.routes_for("memory", model)


@dataclass
class Strict:
    """Without defaults, frozen values aside, null is only taken where the hint says so."""

    required: int
    id: str = "only"
    optional: int | None = 5
    defaulted: int = 7
    listed: list[int] = field(default_factory=lambda: [1])


async def test_null_unsets_to_the_default_or_is_refused(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Strict))
    await api.create("/strict", required=1, optional=2, defaulted=3, listed=[4])
    refused = await api("PUT", "/strict/only", json_body={"required": None})
    assert (refused.status, refused.json["errors"]) == (400, {"required": ["is required"]})
    reply = await api("PUT", "/strict/only", json_body={"optional": None, "defaulted": None, "listed": None})
    assert reply.json == {"id": "only", "required": 1, "optional": None, "defaulted": 7, "listed": [1]}


async def test_concurrent_updates_of_different_fields_both_survive(provider: MemoryProvider) -> None:
    schema = provider.describe(User)
    created = await writes.create_instance(act_on(provider, schema, "user"), {"name": "Ada"})
    act, both_loaded = act_on(provider, schema, "user", created.values["id"]), asyncio.Barrier(2)

    @signals.pre_update_instance.connect
    async def wait(sender: Any) -> None:
        await both_loaded.wait()

    await asyncio.gather(writes.update_instance(act, {"name": "Bob"}), writes.update_instance(act, {"age": 3}))
    stored = (await reads.get_instance(act)).values
    assert (stored["name"], stored["age"]) == ("Bob", 3)


async def test_an_update_never_brings_a_just_deleted_instance_back(provider: MemoryProvider) -> None:
    schema = provider.describe(User)
    created = await writes.create_instance(act_on(provider, schema, "user"), {"name": "Ada"})
    act = act_on(provider, schema, "user", created.values["id"])

    @signals.pre_update_instance.connect
    @signals.pre_delete_instance.connect
    async def delete(sender: Any) -> None:
        signals.pre_update_instance._clear_state()
        signals.pre_delete_instance._clear_state()
        await writes.delete_instance(act)

    with pytest.raises(NotFound):
        await writes.update_instance(act, {"name": "Bob"})
    with pytest.raises(NotFound):
        await reads.get_instance(act)


async def test_of_concurrent_creates_one_for_each_unique_value_succeeds(users: Api) -> None:
    replies = await asyncio.gather(
        *(users("POST", "/user", json_body={"name": f"u{n}", "email": f"{n % 25}"}) for n in range(50))
    )
    assert sorted(reply.status for reply in replies) == [201] * 25 + [409] * 25
    assert len((await users("GET", "/user?per_page=100")).json) == 25


@dataclass
class Fleeting:
    """Another request deletes it between its load and its write."""

    id: int = 1
    name: str = ""
    vanish: ClassVar[Any] = None

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        found = list(queryset)
        if cls.vanish:
            cls.vanish()
        return found


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_write_of_a_just_deleted_instance_is_404(
    api: Api, provider: MemoryProvider, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Fleeting))
    await api.create("/fleeting")
    monkeypatch.setattr(Fleeting, "vanish", provider._tables[Fleeting].clear)
    body = '{"name": "x"}' if method == "PUT" else None
    reply = await api(method, "/fleeting/1", body=body, headers={"Content-Type": "application/json"})
    assert reply.status == 404
    assert provider._tables[Fleeting] == {}


async def test_an_identifier_has_one_spelling(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Fleeting))
    await api.create("/fleeting")
    assert (await api("GET", "/fleeting/1")).status == 200
    assert (await api("GET", "/fleeting/01")).status == 404, "one instance has one URL"
    assert (await api("GET", "/fleeting/one")).status == 404


@dataclass
class Moving:
    name: str
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.name.lower()


async def test_an_instance_never_moves_to_another_key(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Moving))
    await api.create("/moving", name="A")
    assert (await api("PATCH", "/moving/a", json_body={"name": "B"})).status == 400
    assert [moving["id"] for moving in (await api("GET", "/moving")).json] == ["a"]
