"""The mock auth provider, in its old place.

Old code imports the provider from this module.
"""

from bzz.auth.providers.mock import MockProvider

__all__ = ["MockProvider"]
