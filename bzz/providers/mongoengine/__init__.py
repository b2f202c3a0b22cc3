"""MongoEngine: documents, embedded documents, lists of either, and references."""

from bzz.providers.mongoengine.provider import MongoEngineProvider

__all__ = ["MongoEngineProvider"]
