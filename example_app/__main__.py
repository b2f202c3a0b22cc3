"""``python -m example_app``: serve the team directory on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import mongoengine
import pymongo.errors
import tornado.httpserver
import tornado.netutil

from example_app.app import make_app
from example_app.feed import Feed
from example_app.models import seed
from example_app.store import embedded_store

DATA = Path(__file__).parent.parent / ".data"


def port_number(text: str) -> int:
    """Return a port number from the command line; raise ValueError if it is none."""
    number = int(text)
    if not 0 <= number < 65536:
        raise ValueError
    return number


def parse_arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser("python -m example_app", description="A team directory served by bzz.")
    parser.add_argument(
        "--port", type=port_number, default=8000, metavar="PORT", help="port of 127.0.0.1 to serve on; 0 for a free one"
    )
    parser.add_argument("--mongodb-uri", metavar="URI", help="a MongoDB to use instead of the embedded store")
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="FOLDER", help="where the embedded store keeps its data"
    )
    return parser.parse_args()


async def serve(port: int) -> None:
    """Serve on ``port`` of 127.0.0.1 until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt ends asyncio.run instead
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    feed = Feed()
    server = tornado.httpserver.HTTPServer(make_app(feed))
    try:
        sockets = tornado.netutil.bind_sockets(port, "127.0.0.1")
    except OSError as error:
        raise RuntimeError(f"Port {port} cannot be served on ({error.strerror}); --port takes another.") from error
    server.add_sockets(sockets)
    print(f"The team directory is at http://127.0.0.1:{sockets[0].getsockname()[1]}/ (Ctrl-C ends it)", flush=True)  # noqa: T201  # what the user waits for
    await stop.wait()
    print("Closing…", flush=True)  # noqa: T201
    server.stop()
    feed.close()
    await server.close_all_connections()


def main() -> int:
    """Run the example; return the exit status."""
    arguments = parse_arguments()
    try:
        with contextlib.ExitStack() as stack:
            uri = arguments.mongodb_uri or stack.enter_context(embedded_store(arguments.data.resolve()))
            mongoengine.connect(
                "team_directory", host=uri, uuidRepresentation="standard", serverSelectionTimeoutMS=5000
            )
            stack.callback(mongoengine.disconnect)
            seed()
            asyncio.run(serve(arguments.port))
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C does not keep the store from closing
    except pymongo.errors.PyMongoError as error:
        print(f"example_app: {arguments.mongodb_uri} does not answer: {str(error)[:100]}", file=sys.stderr)  # noqa: T201
        return 1
    except RuntimeError as error:
        print(f"example_app: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
