"""Classes of SQLModel, as its users write them."""

from datetime import datetime
from typing import Optional

from pydantic import field_validator, model_validator
from sqlalchemy.orm import registry
from sqlmodel import Field, Relationship, SQLModel


class Base(SQLModel, registry=registry()):
    pass


class Membership(Base, table=True):
    club_id: int | None = Field(default=None, foreign_key="club.id", primary_key=True)
    hero_id: int | None = Field(default=None, foreign_key="hero.id", primary_key=True)
    role: str = "member"


class Club(Base, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=20)
    heroes: list["Hero"] = Relationship(back_populates="club")
    friends: list["Hero"] = Relationship(link_model=Membership)


class Hero(Base, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    age: int | None = Field(default=None, ge=0)
    born: datetime | None = None
    club_id: int | None = Field(default=None, foreign_key="club.id", lt=2)
    club: Optional["Club"] = Relationship(back_populates="heroes")

    @field_validator("name")
    @classmethod
    def shorten(cls, name: str) -> str:
        if name == "nobody":
            raise ValueError("is nobody")
        return name.strip()

    @model_validator(mode="after")
    def check(self) -> "Hero":
        if self.name == "Young" and (self.age or 0) > 30:
            raise ValueError("Nobody is young at this age.")
        return self
