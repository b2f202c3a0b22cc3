"""SQLModel classes, over HTTP."""

from __future__ import annotations

import pytest

sqlmodel = pytest.importorskip("sqlmodel")

CLASSES = """
from datetime import datetime
from typing import List, Optional

from pydantic import field_validator
from sqlmodel import Field, Relationship, SQLModel


class Base(SQLModel, registry=mapped):
    pass


class Membership(Base, table=True):
    team_id: Optional[int] = Field(default=None, foreign_key="club.id", primary_key=True)
    hero_id: Optional[int] = Field(default=None, foreign_key="hero.id", primary_key=True)
    role: str = "member"


class Club(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=20)
    heroes: List["Hero"] = Relationship(back_populates="club")


class Hero(Base, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    age: Optional[int] = None
    born: Optional[datetime] = None
    club_id: Optional[int] = Field(default=None, foreign_key="club.id")
    club: Optional[Club] = Relationship(back_populates="heroes")
"""
