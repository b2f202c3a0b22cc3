"""An embedded document store for machines without MongoDB: SecantusDB, in a process of its own.

``python -m example_app.store FOLDER [PORT]`` serves the data in FOLDER on 127.0.0.1, prints the port, and ends with its
standard input, so that it never outlives the process that started it. Each commit is synced to disk before it is
acknowledged, so a store that is killed loses nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS_TO_CLOSE = 20
SECONDS_TO_WAIT = 5  # for the store of a process that was killed
BUSY = "Another process uses it: is the example running already? Another folder (--data) can be used beside it."
CLOSE = "close"  # on standard input: end in order


class StoreProcess:
    """One run of the store.

    Args:
        folder: of the data.
        port: to serve on; 0 for a free one.

    Raises:
        RuntimeError: the store did not start; the message has its last words.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while not self._start(folder, port):
            if "busy" not in self._last_words or time.monotonic() > deadline:
                reason = BUSY if "busy" in self._last_words else self._last_words
                raise RuntimeError(f"The embedded store did not start on {folder}. {reason}")

    def _start(self, folder: Path, port: int) -> bool:
        """Start the process; tell whether it serves."""
        with tempfile.TemporaryFile("w+") as complaints:
            self.process = subprocess.Popen(  # noqa: S603  # our own module, with a path of ours
                [sys.executable, "-m", __name__, str(folder), str(port)],
                cwd=Path(__file__).parent.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                start_new_session=True,  # Ctrl-C must not reach it: the process that started it closes it in order
            )
            said = self.process.stdout.readline().strip() if self.process.stdout else ""
            if said:
                self.port = int(said)
                return True
            self.process.wait(SECONDS_TO_CLOSE)
            complaints.seek(0)
            self._last_words = (complaints.read().splitlines() or ["it says nothing"])[-1]
            return False

    def close(self) -> None:
        """End the process in order, or kill it after ``SECONDS_TO_CLOSE``."""
        try:
            self.process.communicate(CLOSE, timeout=SECONDS_TO_CLOSE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


@contextmanager
def embedded_store(folder: Path) -> Iterator[str]:
    """Run the store on the data in ``folder`` while the block runs, and start it again if it dies.

    The value is its MongoDB URI, which stays the same.

    Raises:
        RuntimeError: the store did not start; the message has its last words.
    """
    store, closing = StoreProcess(folder), threading.Event()

    def watch() -> None:
        nonlocal store
        while store.process.wait() is not None and not closing.is_set():
            store = StoreProcess(folder, store.port)

    watcher = threading.Thread(target=watch, name="store-watcher", daemon=True)
    watcher.start()
    try:
        yield f"mongodb://127.0.0.1:{store.port}"
    finally:
        closing.set()
        store.close()
        watcher.join(SECONDS_TO_CLOSE)


def main() -> None:
    """Serve until standard input ends."""
    from secantus import SecantusDBServer  # noqa: PLC0415  # GPL: in this process only

    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m example_app.store FOLDER [PORT]")
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        server = SecantusDBServer(host="127.0.0.1", port=port, storage_path=str(folder), sync_on_commit=True)
        server.start()
    except Exception as error:  # noqa: BLE001  # the process that started it reports it
        sys.exit(f"{type(error).__name__}: {error}")
    print(server.port, flush=True)  # noqa: T201  # the process that started it reads it
    if sys.stdin.read() != CLOSE:
        os._exit(0)  # the process that started it is gone; all commits are synced, and closing takes seconds
    server.stop()


if __name__ == "__main__":
    main()
