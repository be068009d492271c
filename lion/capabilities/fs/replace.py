"""Look here if you want to know how a file is written so that nobody ever sees half of it.

Rule: the new content is whole under a name of the host's before it takes the old one's place, so
readers, and who is killed at any moment, leave the old file or the new one.
Rule: who writes holds a lock on the unfinished file: whoever gets that lock knows that its writer
is gone, and may remove it.
Rule: whether it is on the disk before it takes that place is the operator's choice
(LION_DURABILITY=full); `kill -9` leaves it whole either way.
"""

import fcntl
import os
import secrets
import stat
from contextlib import suppress

from lion.capabilities.fs.file import flush, write_all
from lion.scopes.fs_path import RESERVED

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def replace_file(
    folder: int, name: bytes, data: bytes, old: os.stat_result | None, *, is_durable: bool
) -> None:
    """Put a file with these bytes in place of what is there, with its permissions.

    `is_durable`: its bytes are on the disk first; the directory is for the caller to flush.
    Raises OSError; then all is as before.
    """
    temporary, number = _begin(folder)
    try:
        write_all(number, data, 0)
        if old is not None:
            os.fchmod(number, stat.S_IMODE(old.st_mode) & 0o777)
        if is_durable:
            flush(number)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    finally:
        os.close(number)


def _begin(folder: int) -> tuple[bytes, int]:
    """An empty file of the host's, locked: its name and descriptor. Raises OSError."""
    while True:
        name = f"{RESERVED}{secrets.token_hex(8)}".encode()
        number = os.open(name, CREATE, 0o600, dir_fd=folder)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            # Somebody who was cleaning up may have been faster than the lock.
            if os.fstat(number).st_nlink:
                return name, number
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
            os.close(number)
            raise
        os.close(number)
