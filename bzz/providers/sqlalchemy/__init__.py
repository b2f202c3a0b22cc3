"""The provider of SQLAlchemy 2's mapped classes, for any database, with asynchronous or synchronous sessions."""

from bzz.providers.sqlalchemy.provider import SQLAlchemyProvider

__all__ = ["SQLAlchemyProvider"]
