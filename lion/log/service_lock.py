"""Look here if you want to know how a state directory has one service.

Rule: the lock is the kernel's (flock), so it ends with its process however that ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lion.errors import OperatorError
from lion.log.holders import holder_of, sign
from lion.log.ownership import try_lock
from lion.log.sqlite_schema import prepare_directory, translated_opening

SERVICE: Final = "service.lock"


@contextmanager
def own_service(directory: Path) -> Iterator[None]:
    """Be the only service of a state directory while this lasts. Raises OperatorError if there is
    one.
    """
    path = directory / SERVICE
    with translated_opening(path):
        prepare_directory(directory)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not try_lock(descriptor, fcntl.LOCK_EX):
            raise OperatorError(
                f"a service works on {str(directory)!r} already: "
                f"{holder_of(path) or 'another process'}",
                hint="speak to it: lion status; or give this one another --state DIR",
            )
        sign(descriptor)
        yield
    finally:
        os.close(descriptor)
