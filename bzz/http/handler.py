"""The base of all handlers: request bodies, JSON replies and problem documents."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import tornado.web
from tornado.httputil import HTTPServerRequest

from bzz.concurrency.offload import compute
from bzz.exceptions import BzzError, ContentTooLarge, Finished, UnsupportedMediaType
from bzz.http import bodies
from bzz.http.policy import PRIVATE, SETTING, VARY, Policy, Session
from bzz.http.problems import write_problem
from bzz.schema import encoding
from bzz.signals.request_ids import choose_id, request_id

JSON = "application/json"
LONG_BODY = 65_536  # bytes; longer bodies are decoded off the event loop


class Handler(tornado.web.RequestHandler):
    """A Tornado handler that replies with JSON, and to errors with problem documents (RFC 9457).

    Attributes:
        request_id: the request id. The reply, the signals and the log records have the same id.
        current_user: the signed-in user's dict, or None. The policy from ``AuthHive.configure`` sets it.
        user_session: the signed-in user's session, or None.
    """

    user_session: Session | None = None
    _is_prepared = False

    def __init__(self, application: tornado.web.Application, request: HTTPServerRequest, **kwargs: Any) -> None:
        self.request_id = choose_id(request.headers.get("X-Request-ID"))
        self._policy: Policy | None = application.settings.get(SETTING)
        super().__init__(application, request, **kwargs)

    def clear(self) -> None:
        """Reset the reply, except the headers for the request id and caches."""
        super().clear()
        self.set_header("X-Request-ID", self.request_id)
        if self._policy:
            self.add_header("Vary", VARY)
            self._declare_cache_control()

    def _declare_cache_control(self) -> None:
        if self.user_session:
            self.set_header("Cache-Control", PRIVATE)

    async def prepare(self) -> None:
        """Identify the user, and set the request's id for signals and logs.

        Raises:
            Forbidden, Unavailable: raised by ``Policy.identify``.
        """
        self._is_prepared = True
        request_id.set(self.request_id)
        if self._policy:
            self.user_session = await self._policy.identify(self)
            self._declare_cache_control()

    def check_prepared(self) -> None:
        """Raise RuntimeError if the ``prepare`` of a subclass does not call ``super().prepare()``.

        No user would be identified then.
        """
        if self._policy and not self._is_prepared:
            raise RuntimeError(f"{type(self).__name__}.prepare must await super().prepare()")

    async def read_body(self, max_body: int) -> dict[str, Any]:
        """Decode the request's body and return its object.

        The values are not parsed yet. An empty body stands for an empty object.

        Args:
            max_body: the largest size in bytes.

        Raises:
            ContentTooLarge: the body is larger than ``max_body``.
            UnsupportedMediaType: the body is neither JSON nor a form, has a content coding, or has files.
            BadRequest, Invalid: raised by ``bodies.decode``.
        """
        if len(self.request.body) > max_body:
            raise ContentTooLarge(f"The body is too large; send at most {max_body} bytes.")
        if self.request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("The body has a content coding; send it without Content-Encoding.")
        if self.request.files:
            raise UnsupportedMediaType("The form has files; send it without them.")
        content_type, body = self.request.headers.get("Content-Type", ""), self.request.body
        if len(body) > LONG_BODY:
            decoded = await compute(bodies.decode, content_type, body, self.request.body_arguments)
        else:
            decoded = bodies.decode(content_type, body, self.request.body_arguments)
        if self.settings.get("xsrf_cookies"):
            decoded.pop("_xsrf", None)  # Tornado has checked it
        return decoded

    def reply(self, value: Any, status_code: int = 200) -> None:
        """Finish the reply with ``value`` as JSON.

        If a receiver has finished the reply already, this does nothing.
        """
        if not self._finished:
            self.reply_encoded(self.encode(value), status_code)

    def reply_encoded(self, body: bytes, status_code: int = 200) -> None:
        """Finish the reply with a body that is JSON already.

        If a receiver has finished the reply already, this does nothing.
        """
        if not self._finished:
            self._write_buffer.clear()
            self.set_status(status_code)
            self.set_header("Content-Type", JSON)
            self.finish(body)

    def encode(self, value: Any) -> bytes:
        """Return ``value`` as JSON.

        Raises:
            TypeError: JSON cannot contain ``value``.
        """
        return encoding.encode(value)

    def reply_empty(self, status_code: int = 204) -> None:
        """Finish the reply without a body.

        If a receiver has finished the reply already, this does nothing.
        """
        if not self._finished:
            self._write_buffer.clear()
            self.set_status(status_code)
            self.finish()

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with an error. An exception of bzz sets the status."""
        error = _error(kwargs)
        super().send_error(error.status_code if isinstance(error, BzzError) else status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document of an error (RFC 9457, section 3).

        The document may contain ``type``, ``title``, ``status``, ``detail`` and ``errors``.
        """
        write_problem(self, status_code, _error(kwargs))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log an exception.

        The log record of a ``BzzError`` is one line with its cause. Tornado logs other exceptions in its own way.
        """
        request_id.set(self.request_id)  # Tornado may refuse a request before prepare()
        if isinstance(value, Finished):
            return
        if isinstance(value, BzzError) and value.status_code != 500:
            cause = f" ({value.__cause__!r})" if value.__cause__ else ""
            value = tornado.web.HTTPError(value.status_code, "%s%s", value, cause)
        super().log_exception(typ, value, tb)


def _error(kwargs: dict[str, Any]) -> BaseException | None:
    error: BaseException | None = kwargs.get("exc_info", (None, None, None))[1]
    return error
