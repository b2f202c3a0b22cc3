"""The signals around calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.exceptions import NotFound
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("A schema has the name of its table.", "each_call_sends_one_pair_of_signals")
class Nameless(MemoryProvider):
    """Gives its tables no names."""

    def describe(self, model: type) -> Any:
        return replace(super().describe(model), target_name="")


@breaks("A provider has one name.", "each_call_sends_one_pair_of_signals")
class Renamed(MemoryProvider):
    """Takes another name after each call."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.name += "again"
        return await super().read(function, *args, **kwargs)


@breaks("An instance that does not exist is not found.", "the_signals_of_a_failed_call_tell_its_error")
class Bare(MemoryProvider):
    """Raises an error of its own for an instance that does not exist."""

    async def get(self, address: Any, **options: Any) -> Any:
        try:
            return await super().get(address, **options)
        except NotFound as error:
            raise KeyError(address.key) from error
