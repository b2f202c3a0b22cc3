"""For the tests of those who use bzz: what signals were sent."""

from bzz.testing.capture import Sent, capture

__all__ = ["Sent", "capture"]
