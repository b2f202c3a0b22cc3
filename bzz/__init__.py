"""A REST framework for Tornado whose heart is model-lifecycle signals."""

from bzz import exceptions, signals
from bzz.auth import AuthHive, authenticated
from bzz.auth_provider import AuthProvider
from bzz.handlers import Handler
from bzz.interfaces import Provider
from bzz.mock import MockHive
from bzz.model import ModelHive
from bzz.model_handler import ModelHandler
from bzz.pool import in_pool
from bzz.registry import register_provider
from bzz.routes import RouteList, flatten

__version__ = "1.0.0.dev0"

__all__ = [
    "AuthHive",
    "AuthProvider",
    "Handler",
    "MockHive",
    "ModelHandler",
    "ModelHive",
    "Provider",
    "RouteList",
    "authenticated",
    "exceptions",
    "flatten",
    "in_pool",
    "register_provider",
    "signals",
]
