"""The provider of dataclasses in memory.

It is the reference implementation of the provider interface.
"""

from bzz.providers.memory.provider import MemoryProvider

__all__ = ["MemoryProvider"]
