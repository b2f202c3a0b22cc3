"""The mock auth provider, by the name it has always had."""

from bzz.auth.providers.mock import MockProvider

__all__ = ["MockProvider"]
