"""The provider of SQLAlchemy 2's mapped classes.

It works with any database, and with asynchronous or synchronous sessions.
"""

from bzz.providers.sqlalchemy.provider import SQLAlchemyProvider

__all__ = ["SQLAlchemyProvider"]
