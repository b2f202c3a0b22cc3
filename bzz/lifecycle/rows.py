"""The rows of other classes that an act creates or deletes, and the signals about them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from bzz.lifecycle.act import Act
from bzz.lifecycle.dependents import Consequence, conclude_dependents, find_dependents
from bzz.lifecycle.references import check_parts, check_references
from bzz.providers.values import Address, Stored
from bzz.providers.writes import Create, Delete
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import post_create_instance, post_delete_instance, pre_create_instance, pre_delete_instance


@dataclass(slots=True)
class Creation:
    """The creation of one row that lets a member join.

    Args:
        act: the act.
        schema: the schema of the row's class.
        data: the values of the row. Receivers of ``pre_create_instance`` may change them.
        key: tells the creations of one act apart.
    """

    act: Act
    schema: Schema
    data: Values
    key: Hashable

    async def announce(self) -> None:
        """Send ``pre_create_instance``.

        Raises:
            Invalid: a receiver set a value that a field cannot take. The reason may also be that the row's hive closes
                a part of the row's references.
            Exception: raised by a receiver.
        """
        act, given = self.act, dict(self.data)
        if act.is_watched(pre_create_instance, self.schema.model):
            await act.announce(pre_create_instance, sender=self.schema.model, key=self.key, data=self.data)
            await act.retype(self.schema, self.data)
            self.data = self.schema.merge({}, self.data)
        check_parts(self.schema, given, self.data)
        await check_references(act.unit_of_work, act.path.reach, self.schema, self.data, given)

    def write(self) -> Create:
        """Return the write, for ``UnitOfWork.write_all``."""
        return Create(self.schema, self.data)

    async def conclude(self, stored: Stored) -> None:
        """Send ``post_create_instance``."""
        sender = stored.own_class
        if self.act.is_watched(post_create_instance, sender):
            await self.act.conclude(post_create_instance, sender=sender, key=self.key, instance=stored.instance)


@dataclass(slots=True)
class Deletion:
    """The deletion of one row that lets a member leave.

    Args:
        act: the act.
        address: the address of the row.
        loaded: the row.
        dependents: the rows that the ORM changes or deletes with it. ``announce`` finds them.
    """

    act: Act
    address: Address
    loaded: Stored
    dependents: list[Consequence] = field(default_factory=list)

    async def announce(self) -> None:
        """Send ``pre_delete_instance``, and the ``pre_`` signals of the dependents.

        Raises:
            Conflict: raised by ``Act.check_whole``.
            Exception: raised by a receiver of ``pre_delete_instance``.
        """
        act, sender, instance = self.act, self.loaded.own_class, self.loaded.instance
        act.check_whole(pre_delete_instance, self.loaded)
        if act.is_watched(pre_delete_instance, sender):
            await act.announce(pre_delete_instance, sender=sender, key=self.address.id, instance=instance)
        self.dependents = await find_dependents(act, self.address)
        for dependent in self.dependents:
            await dependent.announce(act)

    def write(self) -> Delete:
        """Return the write, for ``UnitOfWork.write_all``."""
        return Delete(self.address, loaded=self.loaded)

    async def conclude(self, stored: Stored) -> None:
        """Send ``post_delete_instance``, and the ``post_`` signals of the dependents."""
        act, sender = self.act, stored.own_class
        if act.is_watched(post_delete_instance, sender):
            await act.conclude(post_delete_instance, sender=sender, key=self.address.id, instance=stored.instance)
        await conclude_dependents(act, self.dependents)
