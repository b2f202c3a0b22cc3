"""An embedded document store for machines without MongoDB: SecantusDB.

It runs in a process of its own. ``python -m example_app.store FOLDER [PORT]`` serves the data in FOLDER on 127.0.0.1
and prints the port. It ends when its standard input ends, so it never runs longer than the process that started it.
Each commit is written to disk before it is acknowledged, so a store that is killed loses nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

SECONDS_TO_CLOSE = 20
SECONDS_TO_WAIT = 5  # until the store of a killed process has ended
BUSY = "Another process uses it: is the example running already? Another folder (--data) can be used beside it."
CLOSE = "close"  # this text on standard input closes the store in order


class EmbeddedStore:
    """The store as a context manager.

    The store runs while the block runs. If the store dies, it is started again.

    Args:
        folder: the folder of the data.

    Attributes:
        uri: the URI of the store, for MongoDB clients. It stays the same when the store is started again.
        process: the process that runs now.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock, self._is_closing = folder, threading.Lock(), False
        self._watcher = threading.Thread(target=self._watch, name="store-watcher", daemon=True)

    def __enter__(self) -> Self:
        """Start the store.

        If it does not start, raise RuntimeError with the last line that the store printed.
        """
        port = self._start()
        self.uri = f"mongodb://127.0.0.1:{port}"
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store in order.

        If it does not end within ``SECONDS_TO_CLOSE``, kill it.
        """
        with self._lock:
            self._is_closing = True
            if self.process.poll() is None:
                try:
                    self.process.communicate(CLOSE, timeout=SECONDS_TO_CLOSE)
                except subprocess.TimeoutExpired:
                    self.process.kill()
            self.process.communicate()  # closes the pipes
        self._watcher.join()

    def _watch(self) -> None:
        """Start the store again on the same port each time it dies."""
        while self.process.wait() is not None:
            with self._lock:
                if self._is_closing:
                    return
                self.process.communicate()  # closes the pipes
                self._start(self.uri.rpartition(":")[2])

    def _start(self, port: str = "0") -> str:
        """Start the store and return its port.

        The store of a process that was killed may still run. Wait until it has ended.
        """
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while True:
            said, last_words = self._try_to_start(port)
            if said:
                return said
            if "busy" not in last_words or time.monotonic() > deadline:
                reason = BUSY if "busy" in last_words else last_words
                raise RuntimeError(f"The embedded store did not start on {self._folder}. {reason}")

    def _try_to_start(self, port: str) -> tuple[str, str]:
        """Start the store once.

        Return its port. If it prints no port, also return the last line that it printed.
        """
        with tempfile.TemporaryFile("w+") as complaints:
            self.process = subprocess.Popen(  # noqa: S603  # our own module, with our own path
                [sys.executable, "-m", __name__, str(self._folder), port],
                cwd=Path(__file__).parent.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                start_new_session=True,  # Ctrl-C must not reach the store: its parent process closes it in order
            )
            said = self.process.stdout.readline().strip() if self.process.stdout else ""
            if said:
                return said, ""
            self.process.communicate(timeout=SECONDS_TO_CLOSE)
            complaints.seek(0)
            return "", (complaints.read().splitlines() or ["it says nothing"])[-1]


def main() -> None:
    """Serve the store until standard input ends."""
    from secantus import SecantusDBServer  # noqa: PLC0415  # GPL: imported in this process only

    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m example_app.store FOLDER [PORT]")
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        server = SecantusDBServer(host="127.0.0.1", port=port, storage_path=str(folder), sync_on_commit=True)
        server.start()
    except Exception as error:  # noqa: BLE001  # the parent process reports the error
        sys.exit(f"{type(error).__name__}: {error}")
    print(server.port, flush=True)  # noqa: T201  # the parent process reads the port
    if sys.stdin.read() != CLOSE:
        os._exit(0)  # the parent process has ended; all commits are on disk, and closing takes seconds
    server.stop()


if __name__ == "__main__":
    main()
