"""A real OpenID Connect issuer on this machine, whose answers a test may change."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import flask
import jwt
import oidc_provider_mock
import pytest
import tornado.httpserver
import tornado.ioloop
import tornado.testing
import tornado.wsgi


class OpenIDIssuer:
    """An issuer for the client ``client``, and a record of its requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.documents: dict[str, Any] = {}  # replies in place of its own, by path
        self.statuses: dict[str, int] = {}
        self.headers: dict[str, str] = {}
        app = oidc_provider_mock.app(require_nonce=True)
        app.before_request(self._note)
        app.after_request(self._change)
        app.test_client().get("/jwks")  # which names the key
        self.asked.clear()
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        self.server = tornado.httpserver.HTTPServer(tornado.wsgi.WSGIContainer(app))
        self.server.add_sockets(sockets)
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"

    def _note(self) -> flask.Response | None:
        self.storage = flask.g.oidc_provider_mock_storage
        request = flask.request
        self.asked.append((request.path, dict(request.headers), dict(parse_qsl(request.get_data(as_text=True)))))
        status = self.statuses.get(request.path, 200)
        if request.path not in self.documents and status == 200:
            return None
        response = flask.jsonify(self.documents.get(request.path))
        response.status_code = status
        return response

    def _change(self, response: flask.Response) -> flask.Response:
        response.headers.update(self.headers)
        return response

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    @property
    def key(self) -> Any:
        return self.storage.jwk

    @property
    def signing_key(self) -> Any:
        return jwt.PyJWK(self.key.as_dict(True), "RS256").key

    @property
    def kid(self) -> str:
        return str(self.key.as_dict()["kid"])

    def rotate(self) -> None:
        """Have a new key instead of the old one."""
        self.storage.jwk = type(self.key).generate_key(2048, {"kid": secrets.token_hex()}, True)

    def knows(self, sub: str, **claims: Any) -> None:
        """Add the user ``sub`` with these claims."""
        self.storage.store_user(oidc_provider_mock.User(sub=sub, claims=claims))

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Return the claims of an ID token with some ``changed``; None leaves a claim out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "client", "sub": "ada", "iat": now, "exp": now + 3600, **changed}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, headers: dict[str, Any] | None = None, **changed: Any) -> str:
        """An ID token that the issuer signs."""
        return jwt.encode(
            self.claims(**changed), self.signing_key, "RS256", headers={"kid": self.kid, **(headers or {})}
        )


@pytest.fixture
def issuer(io_loop: tornado.ioloop.IOLoop) -> Iterator[OpenIDIssuer]:
    issuer = OpenIDIssuer()
    yield issuer
    issuer.server.stop()
    io_loop.run_sync(issuer.server.close_all_connections)
