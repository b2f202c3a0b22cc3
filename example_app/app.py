"""The application: generated routes, receivers of our own, the page and its feed of signals."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import tornado.web

import bzz
from bzz.providers.mock import MockProvider
from bzz.signals import pre_create_instance, pre_get_user_details, pre_update_instance
from example_app.feed import Feed, FeedHandler
from example_app.models import Person, Team

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page(tornado.web.StaticFileHandler):
    """The page, its script and its style."""

    def set_extra_headers(self, path: str) -> None:  # noqa: ARG002  # the same for all
        """Allow the page nothing but what comes from here."""
        for name, value in HEADERS.items():
            self.set_header(name, value)


@pre_create_instance.connect_via(Person)
@pre_update_instance.connect_via(Person)
def lower_email(sender: type[Person], data: dict[str, Any]) -> None:  # noqa: ARG001
    """Keep e-mail addresses in lower case, so that one person has one."""
    if data.get("email"):
        data["email"] = data["email"].lower()


@pre_get_user_details.connect
async def add_role(sender: str, user_data: dict[str, Any]) -> None:  # noqa: ARG001
    """Tell who is signed in what the directory knows of them."""
    person = await bzz.in_pool(lambda: Person.objects(name=user_data["name"]).first())
    user_data["role"] = person.role if person else "visitor"


def make_app(feed: Feed) -> tornado.web.Application:
    """Return the application, serving the models of the connected store.

    Everybody may do everything in it, and sign in as whomever they like.
    """
    app = tornado.web.Application(
        bzz.flatten(
            [
                bzz.ModelHive.routes_for("mongoengine", Person, prefix="/api"),
                bzz.ModelHive.routes_for("mongoengine", Team, prefix="/api"),
                bzz.AuthHive.routes_for([MockProvider], prefix="/api"),
                (r"/signals", FeedHandler, {"feed": feed}),
                (r"/(.*)", Page, {"path": STATIC, "default_filename": "index.html"}),
            ]
        ),
        cross_origin_protection=True,
    )
    bzz.AuthHive.configure(
        app,
        secret_key=secrets.token_hex(),
        authenticated_get=False,
        authenticated_create=False,
        authenticated_update=False,
        authenticated_delete=False,
    )
    return app
