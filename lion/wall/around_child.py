"""Look here if you want to know which walls `lion gateway --harden` raises around a program of
others: it reads itself and what is beside it, writes its own home, and reaches the gateway's port.

Rule: it is raised by the program's own process, before it becomes the program, and never lowered.
Rule: what the kernel cannot hold back is said, and the rest is held back all the same.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.errors import OperatorError
from lion.settings import Settings
from lion.wall import landlock, seccomp
from lion.wall.kernel import promise_no_new_privileges
from lion.wall.landlock import Reach
from lion.wall.raise_wall import DEVICES, SYSTEM, Wall

LOADERS: Final = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
PROGRAMS: Final = ("/usr", "/bin")


class Walls(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to the program."""

    reach: Reach

    def to_json(self) -> Any:
        """As it is handed to the program's process."""
        return msgspec.to_builtins(self, enc_hook=str)


def walls_of(
    command: Sequence[str], home: Path, port: int, settings: Settings, read: Sequence[Path] = ()
) -> Walls:
    """The walls around a program that is started here, and may `read` this besides. Raises
    OperatorError for one that is not there, or where lion keeps its records in a folder that it
    may read.
    """
    mine = (Path.cwd(), *read)
    for name, kept in (("state", settings.state), ("secrets", settings.secrets)):
        for path in mine:
            if kept is not None and kept.resolve().is_relative_to(path.resolve()):
                raise OperatorError(
                    f"the program may read {str(path)!r}, and lion's {name} is in it",
                    hint="start it from another folder, or keep the state elsewhere: --state DIR",
                )
    own = tuple(dict.fromkeys(_prefixes(found(command))))
    return Walls(
        reach=Reach(
            read=(*map(Path, SYSTEM), *own, *mine),
            write=(home, *map(Path, DEVICES)),
            execute=(*map(Path, (*PROGRAMS, *LOADERS)), *own),
            ports=frozenset((port,)),
        )
    )


def found(command: Sequence[str]) -> Path:
    """Where a program is. Raises OperatorError if it is nowhere."""
    path = shutil.which(command[0])
    if path is None:
        raise OperatorError(
            f"there is no program {command[0]!r}", hint="name one of your PATH, or its path"
        )
    return Path(os.path.abspath(path))


def _prefixes(program: Path) -> Iterator[Path]:
    """Where a program and what it needs are installed: a Python's environment, and the Python that
    was made from.
    """
    for path in (program, program.resolve()):
        prefix = path.parent.parent
        if prefix == Path(prefix.anchor):  # as of /bin: that is among the system's
            continue
        yield prefix
        try:
            lines = (prefix / "pyvenv.cfg").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            name, _, value = line.partition("=")
            if name.strip() == "home" and os.path.isabs(value.strip()):
                yield Path(value.strip()).parent


def held_around() -> Wall:
    """What they hold here, in words."""
    abi, has_calls = landlock.version(), seccomp.is_known()
    files = "files besides its own, its folder and the system's; writing outside of its home"
    words = {
        files: abi >= 1,
        "TCP to other ports than the gateway's": abi >= 4,
        "signals and abstract sockets of other processes": abi >= 6,
        "UDP and every other socket but TCP over IPv4": has_calls,
        "system calls that reach other processes or the kernel": has_calls,
    }
    return Wall(
        held=tuple(word for word, holds in words.items() if holds),
        missing=tuple(f"{word}: not here" for word, holds in words.items() if not holds),
    )


def raise_around(walls: Walls) -> None:
    """Raise them around this process, for good. Raises OSError."""
    abi = landlock.version()
    if abi or seccomp.is_known():
        promise_no_new_privileges()
    if abi:
        landlock.restrict(walls.reach, abi)
    if seccomp.is_known():
        seccomp.give_up(tcp_only=True)


def main() -> None:
    """Raise the walls that are written in the first argument, and become what the others say."""
    walls = msgspec.convert(json.loads(sys.argv[1]), Walls, dec_hook=lambda kind, text: kind(text))
    command = sys.argv[2:]
    try:
        raise_around(walls)
        os.execvp(command[0], command)
    except OSError as exc:
        print(f"lion: {command[0]!r} cannot be started behind a wall: {exc}", file=sys.stderr)
        os._exit(127)
