"""The provider of dataclasses in memory: the reference implementation of the provider interface."""

from bzz.providers.memory.provider import MemoryProvider

__all__ = ["MemoryProvider"]
