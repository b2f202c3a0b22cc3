"""The directory as MongoEngine documents.

There are people, and teams of people. A team contains its projects.
"""

from __future__ import annotations

from datetime import date

from bson import ObjectId
from mongoengine import (
    DENY,
    PULL,
    DateField,
    Document,
    EmailField,
    EmbeddedDocument,
    EmbeddedDocumentListField,
    ListField,
    ObjectIdField,
    ReferenceField,
    StringField,
)


class Person(Document):
    """A person in the directory."""

    name = StringField(required=True, max_length=80)
    email = EmailField(required=True, unique=True)
    role = StringField(max_length=80)
    joined = DateField()


class Project(EmbeddedDocument):
    """A project of a team.

    It is stored inside its team.
    """

    id = ObjectIdField(default=ObjectId)
    name = StringField(required=True, max_length=80)
    status = StringField(choices=["idea", "active", "done"], default="idea")
    due = DateField()


class Team(Document):
    """A team with its members and its lead.

    A person who leads a team cannot be deleted. A person who is deleted leaves the teams.
    """

    name = StringField(required=True, unique=True, max_length=80)
    lead = ReferenceField(Person, reverse_delete_rule=DENY)
    members = ListField(ReferenceField(Person, reverse_delete_rule=PULL))
    projects = EmbeddedDocumentListField(Project)


MODELS = (Person, Team)  # the models that have routes of their own


def seed() -> None:
    """Store a few people and teams if there are none.

    The function blocks until they are stored.
    """
    if Person.objects.first() or Team.objects.first():
        return
    ada, grace, alan, radia = (
        Person(name=name, email=email, role=role, joined=joined).save()
        for name, email, role, joined in (
            ("Ada Lovelace", "ada@example.com", "Analyst", date(2024, 12, 10)),
            ("Grace Hopper", "grace@example.com", "Compilers", date(2025, 1, 1)),
            ("Alan Turing", "alan@example.com", "Research", date(2025, 6, 23)),
            ("Radia Perlman", "radia@example.com", "Networks", date(2026, 3, 2)),
        )
    )
    Team(
        name="Engine",
        lead=ada,
        members=[ada, alan],
        projects=[Project(name="Difference", status="done"), Project(name="Analytical", status="active")],
    ).save()
    Team(name="Bridges", lead=radia, members=[grace, radia], projects=[Project(name="Spanning tree")]).save()
