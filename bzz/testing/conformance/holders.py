"""Cases of relations that the rows of the members store.

bzz writes such a relation by ``write_all``, and asks ``dependents`` before it deletes a parent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from bzz.exceptions import Conflict, Forbidden, Invalid, NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.values import Address, Stored
from bzz.providers.writes import Create, Delete, Update, Write
from bzz.schema.fields import Values
from bzz.signals import (
    post_associate,
    post_delete_instance,
    post_dissociate,
    post_update_instance,
    pre_associate,
    pre_dissociate,
    pre_update_instance,
)
from bzz.testing.capture import Sent, capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.visibility import unhooked
from bzz.testing.conformance.writes import stored

MOVES = ("PATCH /track/{track}", "POST /track/{track}/album", "POST /album/{album}/tracks")


async def write_all(provider: Provider, *writes: Write) -> Sequence[Stored]:
    """Perform several writes in one unit of work and return their results."""
    unit_of_work = UnitOfWork(provider)
    try:
        first = writes[0]
        async with unit_of_work.writing(first.schema if isinstance(first, Create) else first.address.schema):
            return await unit_of_work.write_all(writes)
    finally:
        await unit_of_work.end()


def setting(**values: Any) -> Any:
    """Return a change that sets ``values``."""

    def change(found: Values) -> Values:
        return {**found, **values}

    return change


class HolderCases(Cases):
    """The rows of its tracks store the tracks of an album. Its reviews are deleted with it."""

    async def _make(self, served: Served, model: str, **values: Any) -> str:
        """Create an instance of the model with the name ``model`` and return its id."""
        created: str = (await served.api.create(f"/{model}", **values))["id"]
        return created

    def _address(self, served: Served, key: str, name: str = "track") -> Address:
        """Return the address of an instance."""
        return Address.parse(served.provider.describe(getattr(self, name)), key)

    def _album_of(self, served: Served, track: Any) -> str | None:
        """Return the id of the album in the values of a track."""
        schema = served.provider.describe(self.track)
        key = served.provider.values(schema, track)["album"]
        return None if key is None else str(schema.fields["album"].type.dump(key))

    @case("track")
    async def test_values_have_the_rows_that_are_asked_for(self, served: Served) -> None:
        """Without a key, they have all rows that store the relation. Changes and checks of several writes get them."""
        album = await self._make(served, "album", name="Blue")
        keys = [await self._make(served, "track", name=name, album=album) for name in ("a", "b", "c")]
        address, typed = self._address(served, album, "album"), served.provider.describe(self.track).parse_keys(keys)
        seen: list[Values] = []

        def note(values: Values) -> NoReturn:
            seen.append(values)
            raise Conflict("It is seen.")

        for asked, held in ((None, typed), (typed[1:2], typed[1:2]), ([], [])):
            asking = replace(address, undefer={"tracks": asked})
            assert sorted((await stored(served.provider, asking)).values["tracks"]) == sorted(held)
            for write in (Update(asking, note), Delete(asking, note)):
                with pytest.raises(Conflict, match="seen"):
                    await write_all(served.provider, write)
                assert sorted(seen.pop().get("tracks", ())) == sorted(held), write

    @case("track", "transactions")
    async def test_several_writes_are_all_stored_or_none_is(self, served: Served) -> None:
        """The last write fails after the others were performed."""
        schema = served.provider.describe(self.track)
        ids = {name: await self._make(served, "track", name=name) for name in ("gone", "one", "two")}
        assert (await served.api("DELETE", f"/track/{ids['gone']}")).status == 204
        gone, one, two = (self._address(served, key) for key in ids.values())

        def refuse(values: Values) -> NoReturn:
            raise Conflict("It is not what it was.")

        for bad, error in (
            (Update(two, refuse), Conflict),
            (Delete(two, refuse), Conflict),
            (Update(gone, setting(name="x")), NotFound),
            (Delete(gone), NotFound),
            (Create(schema, {}), Invalid),
        ):
            for good in (Create(schema, {"name": "new"}), Update(one, setting(name="x")), Delete(one)):
                with pytest.raises(error):
                    await write_all(served.provider, good, bad)
                assert sorted(await served.names("/track")) == ["one", "two"], (good, bad)
        await write_all(served.provider, Create(schema, {"name": "new"}), Update(one, setting(name="x")), Delete(two))
        assert sorted(await served.names("/track")) == ["new", "x"]

    @case("track", "note", "transactions")
    async def test_several_writes_do_not_find_a_hidden_instance(self, served: Served) -> None:
        """The hooks hold as in a single write."""
        ids = [(await served.api.create("/note", text="x", hidden=hidden))["id"] for hidden in (False, True)]
        shown, hidden = (self._address(served, key, "note") for key in ids)
        for bad in (Update(hidden, setting(text="y")), Delete(hidden)):
            with pytest.raises(NotFound):
                await write_all(served.provider, Update(shown, setting(text="y")), bad)
        assert [one["shown"] for one in (await served.api("GET", "/note")).json] == ["x"]

    @case("track", "pet", "transactions")
    async def test_several_writes_do_not_find_an_instance_of_a_hidden_subclass(self, served: Served) -> None:
        """The scopes and the variants of the schema hold, too."""
        ids = [await self._make(served, name, name=name) for name in ("pet", "cat")]
        hidden = await self._make(served, "pet", name="hidden", hidden=True)
        with unhooked(self.pet) as hook:
            schema = served.provider.describe(self.pet)
            for narrowed, key in (
                (replace(schema, variants={self.cat: None}), ids[1]),
                (replace(schema, scopes=(hook,)), hidden),
            ):
                shown, bad = (Address.parse(narrowed, one) for one in (ids[0], key))
                for write in (Update(bad, setting(name="x")), Delete(bad)):
                    with pytest.raises(NotFound):
                        await write_all(served.provider, Update(shown, setting(name="x")), write)
            assert sorted(await served.names("/pet")) == ["cat", "hidden", "pet"]

    @case("track", "transactions")
    async def test_several_writes_of_one_instance_follow_each_other(self, served: Served) -> None:
        """Each change gets the values that the write before it left."""
        address = self._address(served, await self._make(served, "track", name="a"))

        def longer(found: Values) -> Values:
            return {**found, "name": found["name"] + "b"}

        results = await write_all(served.provider, Update(address, longer), Update(address, longer))
        assert [one.previous and one.previous["name"] for one in results] == ["a", "ab"]
        assert [one.values["name"] for one in results] == ["abb"] * 2, "a result is as it is after all writes"
        assert await served.names("/track") == ["abb"]
        with pytest.raises(NotFound):
            await write_all(served.provider, Update(address, setting(name="x")), Delete(address), Delete(address))
        assert await served.names("/track") == ["abb"]

    @case("track", "transactions")
    async def test_several_writes_return_the_instances_as_they_are_stored(self, served: Served) -> None:
        """The results have the order of the writes. That of an update also has the values before it."""
        schema, provider = served.provider.describe(self.track), served.provider
        mine, other = [await self._make(served, "album", name=name) for name in ("mine", "other")]
        ids = [await self._make(served, "track", name=name, album=mine) for name in ("a", "b", "c")]
        moved, renamed, gone = (self._address(served, key) for key in ids)
        album = schema.fields["album"].type.parse(other)
        results = await write_all(
            provider,
            Update(renamed, setting(name="B")),
            Delete(gone),
            Create(schema, {"name": "d", "album": album}),
            Update(moved, setting(album=album)),
        )
        assert [(one.values["name"], self._album_of(served, one.instance)) for one in results] == [
            ("B", mine),
            ("c", mine),
            ("d", other),
            ("a", other),
        ]
        assert [one.previous and one.previous["name"] for one in results] == ["b", None, None, "a"]
        assert results[3].previous is not None
        assert results[3].previous["album"] != album
        for one in (results[0], results[2], results[3]):
            address = self._address(served, str(schema.id_of(one.values)))
            assert (await stored(provider, address)).values == provider.values(schema, one.instance)

    @case("track", way=MOVES)
    async def test_a_move_is_told_alike_from_both_sides(self, served: Served, way: str) -> None:
        """Receivers of ``post_`` signals get the member as it is after the write."""
        old, new = [await self._make(served, "album", name=name) for name in ("old", "new")]
        track = await self._make(served, "track", name="song", album=old)
        signals = (pre_update_instance, pre_dissociate, pre_associate)
        with capture(*signals, post_update_instance, post_dissociate, post_associate) as sent:
            method, _, path = way.format(track=track, album=new).partition(" ")
            body = {"tracks": [track]} if path.endswith("tracks") else {"album": new}
            reply = await served.api(method, path, json_body=body)
            assert reply.status in {200, 201}, reply.body
        assert [self._told(one) for one in sent] == [
            (f"{when}_{name}", *rest)
            for when in ("pre", "post")
            for name, *rest in (
                ("update_instance", self.track, "song", None),
                ("dissociate", self.album, "song", "old"),
                ("associate", self.album, "song", "new"),
            )
        ]
        assert [self._album_of(served, one.keywords["instance"]) for one in sent[3:]] == [new] * 3
        diff = sent[3].keywords["updated_fields"]["album"]
        assert [str(diff[side]) for side in ("from", "to")] == [old, new]
        assert [await served.names(f"/album/{key}/tracks") for key in (old, new)] == [[], ["song"]]
        assert (await served.api("GET", f"/track/{track}")).json["album"] == new

    def _told(self, one: Sent) -> tuple[Any, ...]:
        """Return a signal's name and sender, and the names of the instance and of the parent."""
        parent = one.keywords.get("parent")
        return one.signal, one.sender, one.keywords["instance"].name, parent and parent.name

    @case("track")
    async def test_a_member_that_leaves_is_updated(self, served: Served) -> None:
        """It is still stored. It refers to no parent in the ``post_`` signals."""
        album = await self._make(served, "album", name="old")
        track = await self._make(served, "track", name="song", album=album)
        with capture(post_update_instance, post_dissociate) as sent:
            assert (await served.api("DELETE", f"/album/{album}/tracks/{track}")).status == 204
        assert [self._told(one) for one in sent] == [
            ("post_update_instance", self.track, "song", None),
            ("post_dissociate", self.album, "song", "old"),
        ]
        assert [self._album_of(served, one.keywords["instance"]) for one in sent] == [None, None]
        assert (await served.api("GET", f"/track/{track}")).json["album"] is None

    @case("track")
    async def test_the_row_that_stores_a_relation_decides_over_it(self, served: Served) -> None:
        """The body of the parent cannot change the relation. The hive of the members may forbid to join."""
        album = await self._make(served, "album", name="mine")
        track = await self._make(served, "track", name="song")
        for method, path in (("POST", "/album"), ("PUT", f"/album/{album}")):
            refused = await served.api(method, path, json_body={"name": "x", "tracks": [track]})
            assert refused.status == 400, refused.body
            assert list(refused.json["errors"]) == ["tracks"]
        for options in ({"read_only": ["album"]}, {"methods": ["GET"]}, {"exclude": ["album"]}):
            async with served.again(track=options) as other:
                refused = await other.api("POST", f"/album/{album}/tracks", json_body={"tracks": [track]})
                assert refused.status in {400, 404, 405}, options
        assert await served.names(f"/album/{album}/tracks") == []
        assert await served.names("/album") == ["mine"]

    @case("track", "transactions")
    async def test_members_that_one_of_them_refuses_all_stay(self, served: Served) -> None:
        """A receiver refuses the second of two members."""
        album = await self._make(served, "album", name="mine")
        ids = [await self._make(served, "track", name=name) for name in ("one", "two")]

        def refuse(sender: Any, instance: Any) -> None:
            if instance.name == "two":
                raise Forbidden("No.")

        with pre_update_instance.connected_to(refuse):
            assert (await served.api("POST", f"/album/{album}/tracks", json_body={"tracks": ids})).status == 403
        assert await served.names(f"/album/{album}/tracks") == []

    @case("album")
    async def test_instances_that_are_deleted_with_their_parent_are_told(self, served: Served) -> None:
        """Their class is the sender."""
        album, other = [await self._make(served, "album", name=name) for name in ("mine", "other")]
        review = await self._make(served, "review", name="good", album=album)
        await self._make(served, "review", name="other", album=other)
        with capture(post_delete_instance) as sent:
            assert (await served.api("DELETE", f"/album/{album}")).status == 204
        assert {self._told(one) for one in sent} == {
            ("post_delete_instance", self.album, "mine", None),
            ("post_delete_instance", self.review, "good", None),
        }
        assert (await served.api("GET", f"/review/{review}")).status == 404
        assert await served.names("/review") == ["other"]

    @case("track")
    async def test_instances_that_are_changed_with_their_deleted_parent_are_told(self, served: Served) -> None:
        """Their class is the sender. Receivers get them as they are after the write."""
        album, other = [await self._make(served, "album", name=name) for name in ("mine", "other")]
        track = await self._make(served, "track", name="song", album=album)
        await self._make(served, "track", name="other", album=other)
        with capture(post_update_instance, post_delete_instance) as sent:
            assert (await served.api("DELETE", f"/album/{album}")).status == 204
        assert {self._told(one) for one in sent} == {
            ("post_delete_instance", self.album, "mine", None),
            ("post_update_instance", self.track, "song", None),
        }
        updated = next(one.keywords for one in sent if one.signal == "post_update_instance")
        diff = updated["updated_fields"]["album"]
        assert (str(diff["from"]), diff["to"], self._album_of(served, updated["instance"])) == (album, None, None)
        assert (await served.api("GET", f"/track/{track}")).json["album"] is None
