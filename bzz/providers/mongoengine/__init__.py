"""The provider of MongoEngine's documents, with their embedded documents, lists and references."""

from bzz.providers.mongoengine.provider import MongoEngineProvider

__all__ = ["MongoEngineProvider"]
