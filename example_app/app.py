"""The application: routes, receivers, the page and the feed of signals."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import tornado.web

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.exceptions import Invalid
from bzz.signals import pre_create_instance, pre_get_user_details, pre_update_instance
from example_app.feed import Feed, FeedHandler

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page(tornado.web.StaticFileHandler):
    """The handler of the page, its script and its style."""

    def set_extra_headers(self, path: str) -> None:  # noqa: ARG002  # all paths get the same headers
        """Let the page load content only from this site."""
        for name, value in HEADERS.items():
            self.set_header(name, value)


def lower_email(sender: type, data: dict[str, Any]) -> None:  # noqa: ARG001
    """Change an e-mail address to lower case.

    So the same address is not stored in two spellings.
    """
    if data.get("email"):
        data["email"] = data["email"].lower()


def listen(people: bzz.ModelHive) -> None:
    """Connect the receivers of the example.

    They stay connected as long as the process runs.
    """
    for signal in (pre_create_instance, pre_update_instance):
        signal.connect(lower_email, sender=people.model)

    async def add_role(sender: str, user_data: dict[str, Any]) -> None:  # noqa: ARG001
        """Add the signed-in user's role to the user's dict.

        The role comes from the directory.
        """
        user_data["role"] = "visitor"
        with suppress(Invalid):  # raised if the name cannot be the name of a person
            for person in await people.list(name=user_data["name"], per_page=1):
                user_data["role"] = person.role

    pre_get_user_details.connect(add_role, weak=False)


def make_app(feed: Feed, provider: str | bzz.Provider, models: Sequence[type]) -> tornado.web.Application:
    """Return the application.

    Everybody may do everything in it, and may sign in as any user.

    Args:
        feed: the feed of signals.
        provider: the provider of the models. Its store is connected.
        models: the models that have routes of their own. The first one is the model of people.
    """
    hives = [bzz.ModelHive(provider, model, sort="name") for model in models]
    listen(hives[0])
    app = tornado.web.Application(
        [
            *(hive.routes("/api") for hive in hives),
            bzz.AuthHive.routes_for([MockProvider], prefix="/api"),
            (r"/signals", FeedHandler, {"feed": feed}),
            (r"/(.*)", Page, {"path": STATIC, "default_filename": "index.html"}),
        ],
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
