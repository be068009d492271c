"""A process that closes a log while another of its threads reads it, for a test that wants to
know whether it lives.

Argument: DIRECTORY. It prints what the reading thread found, how often the connection let go of
what it had, and what a statement after that comes to.
"""

import sqlite3
import sys
import threading
from pathlib import Path

from lion.log.sqlite_opening import connect_reader
from lion.log.sqlite_schema import LOG_NAME


def main(directory: Path) -> None:
    connection = connect_reader(directory / LOG_NAME)
    entered, go = threading.Event(), threading.Event()
    found: list[object] = []
    let_go: list[str] = []
    connection.let_go = lambda: let_go.append(threading.current_thread().name)  # type: ignore[attr-defined]

    def hold() -> int:
        entered.set()
        go.wait()
        return 7

    def read() -> None:
        try:
            found.extend(connection.execute("SELECT hold() UNION ALL SELECT 8").fetchall())
        except sqlite3.ProgrammingError as exc:
            found.append(str(exc))

    connection.create_function("hold", 0, hold)
    reader = threading.Thread(target=read, name="reader")
    closer = threading.Thread(target=connection.close)
    reader.start()
    entered.wait()
    closer.start()
    closer.join(1)  # at once; where it waits for SQLite, what comes next ends the process
    go.set()
    reader.join()
    closer.join()
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError as exc:
        found.append(str(exc))
    connection.close()
    print(found, let_go)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
