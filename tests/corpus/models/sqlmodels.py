"""Classes of SQLModel, in the manner of its tutorial."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Optional

import sqlalchemy as sa
from pydantic import field_validator
from sqlalchemy.orm import registry
from sqlmodel import Field, Relationship, SQLModel


class Base(SQLModel, registry=registry()):
    """The base of these classes, with tables of its own."""


class Membership(Base, table=True):
    __tablename__ = "sm_membership"
    team_id: int | None = Field(default=None, foreign_key="sm_team.id", primary_key=True)
    hero_id: int | None = Field(default=None, foreign_key="sm_hero.id", primary_key=True)
    is_training: bool = False


class Team(Base, table=True):
    __tablename__ = "sm_team"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True, max_length=40)
    headquarters: str
    heroes: list["Hero"] = Relationship(back_populates="team")


class Power(StrEnum):
    FLIGHT = "flight"
    SPEED = "speed"


class HeroBase(SQLModel):
    name: str = Field(index=True, title="Name", description="In the papers.")
    age: int | None = Field(default=None, ge=0)


class Hero(HeroBase, Base, table=True):
    __tablename__ = "sm_hero"
    id: int | None = Field(default=None, primary_key=True)
    secret_name: str
    power: Power = Power.FLIGHT
    fee: Decimal = Field(default=0, max_digits=8, decimal_places=2)
    made: datetime = Field(
        default_factory=lambda: datetime.now(UTC), sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False)
    )
    free: dict[str, Any] = Field(default_factory=dict, sa_column=sa.Column(sa.JSON))
    team_id: int | None = Field(default=None, foreign_key="sm_team.id")
    team: Optional["Team"] = Relationship(back_populates="heroes")

    @field_validator("secret_name")
    @classmethod
    def check(cls, value: str) -> str:
        if value == "Clark":
            raise ValueError("is no secret")
        return value


class Mission(Base, table=True):
    __tablename__ = "sm_mission"
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    goal: str | None = None
    hero_id: int | None = Field(default=None, foreign_key="sm_hero.id")
    hero: Optional["Hero"] = Relationship()


MODELS = (Team, Hero, Membership, Mission)
GIVEN: dict[str, Any] = {}
