"""What happens to an error that comes after a write is stored."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bzz.exceptions import BzzError

logger = logging.getLogger("bzz")


@contextmanager
def after_write() -> Iterator[None]:
    """End the block at an error, and log the error unless it is one of bzz's.

    The write is stored. After an error reply, the client would repeat the write. So the reply has less in it instead.
    """
    try:
        yield
    except BzzError:
        pass
    except Exception:
        logger.exception("The reply to a stored write cannot be made in full")
