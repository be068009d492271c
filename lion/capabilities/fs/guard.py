"""Look here if you want to know which directories of the host's no manifest may have written.

Rule: compared are devices and inodes, never names: a link or a bind mount is no way around.
Rule: a write grant holds no directory through which lion comes to its own files, links on the way
included; so nobody can put another file, or another link, in their place.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

import lion
from lion.capabilities.fs.usage import Identity, identity
from lion.domain.plan import Plan
from lion.settings import Settings

MOST_LINKS = 40


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What is the host's own. `files` and `folders` are paths; they need not exist."""

    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()

    def objection(self, top: int) -> str | None:
        """Why nothing may be written in this open directory, or None. Raises OSError."""
        own = identity(os.fstat(top))
        for path in (*self.files, *self.folders):
            if own in trail(path):
                return f"it contains {str(path)!r}"
        return self.objection_within(top)

    def objection_within(self, folder: int) -> str | None:
        """Why nothing may be made and written in this open directory, or None. Raises OSError."""
        above = set(ancestors(folder))
        for path in self.folders:
            if inode(path) in above:
                return f"it lies in {str(path)!r}"
        return None

    def including(self, plan: Plan) -> "Guard":
        """This and what a plan is made of, lock and grants beside the manifest included."""
        own = tuple(h.component for h in plan.holders.values() if h.is_sandboxed)
        own += tuple(model.script for model in plan.models.values() if model.script is not None)
        if plan.path is not None:
            own += (plan.path, plan.path.with_name("lion.lock"))
            own += (plan.path.with_name(f"{plan.path.name}.grants.toml"),)
        return Guard(files=(*self.files, *own), folders=self.folders)

    def identities(self) -> frozenset[Identity]:
        """The files that exist, whatever other names they have."""
        return frozenset(found for path in self.files if (found := inode(path)) is not None)


def guard_of(settings: Settings, plugins: Sequence[Path] = ()) -> Guard:
    """What is the host's own by its settings, lion's code, and that of system plugins."""
    files = (settings.policy, settings.secrets)
    code = Path(lion.__file__).parent
    return Guard(
        files=tuple(path for path in files if path is not None),
        folders=(settings.state, settings.cache, code, *plugins),
    )


def inode(path: Path) -> Identity | None:
    """What a path leads to; None if nothing is there."""
    try:
        return identity(os.stat(path))
    except OSError:
        return None


def ancestors(folder: int) -> Iterable[Identity]:
    """An open directory and all above it. Raises OSError."""
    here = os.dup(folder)
    try:
        last = None
        while (own := identity(os.fstat(here))) != last:
            yield own
            above = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here, last = above, own
    finally:
        os.close(here)


def trail(path: Path) -> set[Identity]:
    """Every directory that is looked into on the way to a path, itself if it is one."""
    todo = list(reversed(Path(os.path.abspath("/"), os.getcwd(), path).parts[1:]))
    seen: set[Identity] = set()
    here, links = "/", 0
    _note(here, seen)
    while todo:
        name = todo.pop()
        if name == "..":
            here = os.path.dirname(here)
        elif (target := _link(os.path.join(here, name))) is not None and links < MOST_LINKS:
            links += 1
            todo += reversed(Path(target).parts)
        elif name.startswith("/"):
            here = "/"
        else:
            here = os.path.join(here, name)
            _note(here, seen)
    return seen


def _note(path: str, seen: set[Identity]) -> None:
    if os.path.isdir(path):
        seen.add(identity(os.stat(path)))


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None
