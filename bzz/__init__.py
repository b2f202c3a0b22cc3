"""A REST framework for Tornado whose heart is model-lifecycle signals."""

from bzz import exceptions, signals
from bzz.handlers import Handler
from bzz.interfaces import Provider
from bzz.model import ModelHive, RouteList, flatten
from bzz.model_handler import ModelHandler
from bzz.pool import in_pool
from bzz.registry import register_provider

__version__ = "1.0.0.dev0"

__all__ = [
    "Handler",
    "ModelHandler",
    "ModelHive",
    "Provider",
    "RouteList",
    "exceptions",
    "flatten",
    "in_pool",
    "register_provider",
    "signals",
]
