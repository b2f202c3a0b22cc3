"""The base handler: it reads a body, writes JSON, and renders an exception as a problem (RFC 9457)."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import tornado.web
from tornado.httputil import HTTPServerRequest

from bzz.auth.session_policy import SessionPolicy
from bzz.concurrency.offload import compute
from bzz.exceptions import BzzError, ContentTooLarge, Finished, UnsupportedMediaType
from bzz.http import bodies
from bzz.http.policy import PRIVATE, SETTING, VARY, Session
from bzz.http.problems import write_problem
from bzz.signals.request_ids import choose, request_id

JSON = "application/json"
LONG_BODY = 65_536  # bytes; decoding more than that takes long enough to be done off the event loop


class Handler(tornado.web.RequestHandler):
    """A Tornado handler that speaks JSON and answers every error with a problem document.

    Its ``request_id`` ties together the request, its reply, all signals it causes, and what is logged meanwhile. Where
    ``AuthHive`` is configured, ``current_user`` is who has signed in, or None, and ``user_session`` their session.
    """

    user_session: Session | None = None
    _is_prepared = False

    def __init__(self, application: tornado.web.Application, request: HTTPServerRequest, **kwargs: Any) -> None:
        self.request_id = choose(request.headers.get("X-Request-ID"))
        super().__init__(application, request, **kwargs)

    def clear(self) -> None:
        """Begin the reply anew; it has the request's id in any case, and says whom it is for."""
        super().clear()
        self.set_header("X-Request-ID", self.request_id)
        if self._gate:
            self.add_header("Vary", VARY)
            self._declare_cache_control()

    def _declare_cache_control(self) -> None:
        if self.user_session:
            self.set_header("Cache-Control", PRIVATE)

    @property
    def _gate(self) -> SessionPolicy | None:
        gate: SessionPolicy | None = self.settings.get(SETTING)
        return gate

    async def prepare(self) -> None:
        """Have all that comes of the request know its id, and who is signed in.

        Raises:
            Forbidden, Unavailable: as ``Gate.identify``.
        """
        self._is_prepared = True
        request_id.set(self.request_id)
        if self._gate:
            self.user_session = await self._gate.identify(self)
            self._declare_cache_control()

    def check_prepared(self) -> None:
        """Raise RuntimeError if a subclass has forgotten what would tell who is signed in."""
        if self._gate and not self._is_prepared:
            raise RuntimeError(f"prepare of {type(self).__name__} has to: await super().prepare()")

    async def read_body(self, max_body: int) -> dict[str, Any]:
        """Return the object the body says, not typed yet; an empty body is an empty object.

        Args:
            max_body: how many bytes it may have.

        Raises:
            ContentTooLarge, UnsupportedMediaType, BadRequest: the body is too long, of another kind, or malformed.
        """
        if len(self.request.body) > max_body:
            raise ContentTooLarge(f"A body has at most {max_body} bytes.")
        if self.request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("A body is sent without a content coding.")
        if self.request.files:
            raise UnsupportedMediaType("A form has no files.")
        content_type, body = self.request.headers.get("Content-Type", ""), self.request.body
        if len(body) > LONG_BODY:
            decoded = await compute(bodies.decode, content_type, body, self.request.body_arguments)
        else:
            decoded = bodies.decode(content_type, body, self.request.body_arguments)
        if self.settings.get("xsrf_cookies"):
            decoded.pop("_xsrf", None)  # which Tornado has compared
        return decoded

    def reply(self, value: Any, status_code: int = 200) -> None:
        """Finish with ``value`` as JSON and nothing else, unless a receiver has finished already."""
        if not self._finished:
            body = self.encode(value)
            self._write_buffer.clear()
            self.set_status(status_code)
            self.set_header("Content-Type", JSON)
            self.finish(body)

    def encode(self, value: Any) -> bytes:
        """Return ``value`` as JSON; raise TypeError for what JSON cannot say."""
        return bodies.dumps(value)

    def reply_empty(self, status_code: int = 204) -> None:
        """Finish without a body, unless a receiver has finished already."""
        if not self._finished:
            self._write_buffer.clear()
            self.set_status(status_code)
            self.finish()

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with an error; one of bzz's own brings its status along."""
        error = _error(kwargs)
        super().send_error(error.status_code if isinstance(error, BzzError) else status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document of an error (RFC 9457, section 3): ``type, title, status, detail``, ``errors``."""
        write_problem(self, status_code, _error(kwargs))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log an exception as Tornado does; an error of ours in one line, with what caused it."""
        request_id.set(self.request_id)  # a request that Tornado refuses was not prepared
        if isinstance(value, Finished):
            return
        if isinstance(value, BzzError) and value.status_code != 500:
            cause = f" ({value.__cause__!r})" if value.__cause__ else ""
            value = tornado.web.HTTPError(value.status_code, "%s%s", value, cause)
        super().log_exception(typ, value, tb)


def _error(kwargs: dict[str, Any]) -> BaseException | None:
    error: BaseException | None = kwargs.get("exc_info", (None, None, None))[1]
    return error
