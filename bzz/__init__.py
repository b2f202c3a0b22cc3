"""A REST framework for Tornado whose heart is model-lifecycle signals."""

from bzz import exceptions, signals
from bzz.auth.decorator import authenticated
from bzz.auth.provider import AuthProvider
from bzz.auth.roles import role
from bzz.concurrency.offload import in_pool
from bzz.hives.api import Api
from bzz.hives.auth import AuthHive
from bzz.hives.mock import MockHive
from bzz.hives.model import ModelHive
from bzz.http.handler import Handler
from bzz.http.model_handler import ModelHandler
from bzz.http.not_found import NotFoundHandler
from bzz.http.routes import RouteList, flatten
from bzz.providers.base import Provider
from bzz.providers.registry import register_provider
from bzz.schema.representation import represents

__version__ = "1.0.0.dev0"

__all__ = [
    "Api",
    "AuthHive",
    "AuthProvider",
    "Handler",
    "MockHive",
    "ModelHandler",
    "ModelHive",
    "NotFoundHandler",
    "Provider",
    "RouteList",
    "authenticated",
    "exceptions",
    "flatten",
    "in_pool",
    "register_provider",
    "represents",
    "role",
    "signals",
]
