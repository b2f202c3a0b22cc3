"""``python -m example_app``: serve the team directory on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import mongoengine
import pymongo.errors
import tornado.httpserver
import tornado.netutil

import bzz
from example_app import documents, tables
from example_app.app import make_app
from example_app.feed import Feed
from example_app.store import EmbeddedStore

DATA = Path(__file__).parent.parent / ".data"
FILE = "team_directory.sqlite"


def port_number(text: str) -> int:
    """Return a port number from the command line.

    Raise ValueError if the text is not a port number.
    """
    number = int(text)
    if not 0 <= number < 65536:
        raise ValueError
    return number


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser("python -m example_app", description="A team directory served by bzz.")
    parser.add_argument(
        "--port", type=port_number, default=8000, metavar="PORT", help="port of 127.0.0.1 to serve on; 0 for a free one"
    )
    stores = parser.add_mutually_exclusive_group()
    stores.add_argument("--mongodb-uri", metavar="URI", help="a MongoDB to use instead of the embedded store")
    stores.add_argument(
        "--sqlalchemy",
        nargs="?",
        const="",
        metavar="URL",
        help="serve tables instead of documents: those of the database at URL, or of a SQLite file of its own",
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="FOLDER", help="where the embedded store and the SQLite file are"
    )
    return parser.parse_args()


async def serve(port: int, provider: str | bzz.Provider, models: Sequence[type]) -> None:
    """Serve models on ``port`` of 127.0.0.1 until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # on Windows, KeyboardInterrupt ends asyncio.run instead
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    feed = Feed()
    server = tornado.httpserver.HTTPServer(make_app(feed, provider, models))
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


def serve_documents(port: int, uri: str | None, data: Path) -> None:
    """Serve documents.

    They are in the MongoDB at ``uri``, or in the embedded store in the folder ``data``.
    """
    try:
        with contextlib.ExitStack() as stack:
            host = uri or stack.enter_context(EmbeddedStore(data)).uri
            mongoengine.connect(
                "team_directory", host=host, uuidRepresentation="standard", serverSelectionTimeoutMS=5000
            )
            stack.callback(mongoengine.disconnect)
            documents.seed()
            asyncio.run(serve(port, "mongoengine", documents.MODELS))
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C does not keep the store from closing
    except pymongo.errors.PyMongoError as error:
        raise RuntimeError(f"{uri} does not answer: {str(error)[:100]}") from error


def serve_tables(port: int, url: str, data: Path) -> None:
    """Serve tables.

    They are in the database at ``url``, or in a SQLite file in the folder ``data``.
    """
    if not url:
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RuntimeError(f"{data} cannot be the data folder ({error.strerror}); --data takes another.") from error

    async def connect_and_serve() -> None:
        async with tables.connected(url or f"sqlite+aiosqlite:///{data / FILE}") as provider:
            await serve(port, provider, tables.MODELS)

    asyncio.run(connect_and_serve())


def main() -> int:
    """Run the example and return the exit status."""
    arguments = parse_arguments()
    port, data = arguments.port, arguments.data.resolve()
    try:
        if arguments.sqlalchemy is None:
            serve_documents(port, arguments.mongodb_uri, data)
        else:
            serve_tables(port, arguments.sqlalchemy, data)
    except RuntimeError as error:
        print(f"example_app: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
