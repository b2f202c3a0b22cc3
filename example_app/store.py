"""An embedded document store for where there is no MongoDB: SecantusDB, in a process of its own.

``python -m example_app.store FOLDER`` serves the data in FOLDER on a free port of 127.0.0.1, prints the port, and ends
when its standard input does, so that it never outlives whoever started it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS_TO_CLOSE = 20
BUSY = "Another process uses it: is the example running already? Another folder (--data) can be used beside it."


@contextmanager
def embedded_store(folder: Path) -> Iterator[str]:
    """Run the store on the data in ``folder`` while the block runs; the value is its MongoDB URI.

    Raises:
        RuntimeError: it did not start; the message has its last words.
    """
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(  # noqa: S603  # our own module, with a path of ours
            [sys.executable, "-m", __name__, str(folder)],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,  # Ctrl-C is for whoever started it, who then closes it in peace
        )
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port:
                process.wait(SECONDS_TO_CLOSE)
                complaints.seek(0)
                last = (complaints.read().splitlines() or ["it says nothing"])[-1]
                raise RuntimeError(f"The embedded store did not start on {folder}. {BUSY if 'busy' in last else last}")
            yield f"mongodb://127.0.0.1:{port}"
        finally:
            try:
                process.communicate(timeout=SECONDS_TO_CLOSE)  # closes its standard input
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def main() -> None:
    """Serve until standard input ends."""
    from secantus import SecantusDBServer  # noqa: PLC0415  # GPL: in this process only

    if len(sys.argv) != 2:
        sys.exit("usage: python -m example_app.store FOLDER")
    folder = Path(sys.argv[1])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        server = SecantusDBServer(host="127.0.0.1", port=0, storage_path=str(folder))
        server.start()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is said and nothing more can be done
        sys.exit(f"{type(error).__name__}: {error}")
    try:
        print(server.port, flush=True)  # noqa: T201  # what whoever started it waits for
        sys.stdin.read()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
