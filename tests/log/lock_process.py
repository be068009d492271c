"""A process that holds a lock until it is killed, for tests of those who wait for it.

Arguments: DIRECTORY HOW. HOW is `opening` (as a process that opens the log), `writing` (as one in
the midst of a transaction), `keeping` (as one that has all stores of kv) or `asking` (as one in
the midst of the approvals' desk). It prints `held` when it has the lock.
"""

import fcntl
import os
import signal
import sys
from contextlib import closing
from pathlib import Path

from lion.log.desk_file import open_desk
from lion.log.lease_files import FILES, holding
from lion.log.sqlite_schema import OPENING, connect_writer


def main(directory: Path, how: str) -> None:
    if how == "opening":
        descriptor = os.open(directory / OPENING, os.O_RDWR | os.O_CREAT)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _stay()
    if how == "keeping":
        with holding(directory, range(FILES)):
            _stay()
    if how == "asking":
        with open_desk(directory):
            _stay()
    with closing(connect_writer(directory, "normal")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        _stay()


def _stay() -> None:
    print("held", flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
