"""Look here if you want to know what an operation does with a path, and how it says that there is
more to decide.
"""

import os
from collections.abc import Collection
from typing import NamedTuple

from lion.scopes.fs_path import FsTarget


class Asks(Exception):
    """The call reaches what its path does not say: `target` has to be decided first."""

    def __init__(self, target: FsTarget) -> None:
        super().__init__(target.text)
        self.target = target


class Access(NamedTuple):
    """What a call does with a path, and which further targets were decided for it already."""

    read: bool
    write: bool
    decided: Collection[FsTarget] = ()

    @property
    def flags(self) -> int:
        """How the system is asked for it."""
        if self.read and self.write:
            return os.O_RDWR
        return os.O_WRONLY if self.write else os.O_RDONLY
