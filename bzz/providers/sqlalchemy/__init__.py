"""Mapped classes of SQLAlchemy 2, in any database it speaks to, by asynchronous sessions or synchronous ones."""

from bzz.providers.sqlalchemy.provider import SQLAlchemyProvider

__all__ = ["SQLAlchemyProvider"]
