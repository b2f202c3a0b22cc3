"""The databases of the SQLAlchemy provider's tests."""

from tests.providers.sqlalchemy.conftest import database

__all__ = ["database"]
