"""Look here if you want to know which case of `fs.failure` an error of the system becomes.

Rule: the words name what happened, never where on the host: the guest knows its own path.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lion.domain.call import CallError

CASES: Final[dict[int, str]] = {
    number: case
    for case, names in {
        "denied": ("EACCES", "EPERM"),
        "invalid": ("EINVAL", "EILSEQ"),
        "not-found": ("ENOENT",),
        "exists": ("EEXIST",),
        "exhausted": ("ENOSPC", "EDQUOT", "EFBIG", "EMFILE", "ENFILE", "EMLINK"),
        "unavailable": ("ESTALE", "ETIMEDOUT"),
        "is-directory": ("EISDIR",),
        "not-directory": ("ENOTDIR",),
        "not-empty": ("ENOTEMPTY",),
        "read-only": ("EROFS",),
        "loop": ("ELOOP",),
        "name-too-long": ("ENAMETOOLONG",),
        "busy": ("EBUSY", "ETXTBSY", "EAGAIN"),
        "unsupported": ("EXDEV", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENXIO", "ENODEV"),
        "input-output": ("EIO",),
    }.items()
    for name in names
    if (number := getattr(errno, name, None)) is not None
}
"""Cases by errno; anything else is `other`. Names that a system lacks are left out."""


def call_error(exc: OSError) -> CallError:
    """What the guest is told of an error of the system."""
    number = exc.errno or 0
    return CallError(CASES.get(number, "other"), os.strerror(number))


@contextmanager
def translated() -> Iterator[None]:
    """Raise CallError instead of OSError."""
    try:
        yield
    except OSError as exc:
        raise call_error(exc) from exc
