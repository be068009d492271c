"""Look here if you want to know which directory a grant's `at` leads to, and how that very one is
opened.

Rule: what is shown, looked at and opened is one directory: its path is resolved once, then walked
without following any link; what is found is told by device and inode and must stay the same.
Rule: a link may lead within the manifest's folder; out of it only if the grant's line says so.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from lion.capabilities.fs.usage import Identity, identity
from lion.domain.plan import Grant, Mount, Plan
from lion.errors import OperatorError
from lion.scopes.fs_grant import written_line

# Only to walk on: whoever may pass through a directory need not be able to list it.
PASS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW
READ: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A grant's directory: its path without links, and what it is.

    Without `which` it is missing and would be made in the directory `above`.
    """

    real: str
    which: Identity | None
    above: Identity | None = None


def base_of(plan: Plan) -> Path:
    """The folder that a plan's paths are taken from."""
    return Path() if plan.path is None else plan.path.parent


def real_path(mount: Mount) -> str:
    """Where `at` leads, links followed, whether or not it is there; what cannot be followed is as
    written, and is refused when it is opened.
    """
    try:
        return os.path.realpath(mount.at)
    except OSError:
        return str(mount.at)


def find(mount: Mount, real: str) -> Found:
    """What a grant's directory is, by its real path. Raises OSError; one that may be written may
    be missing.
    """
    try:
        top = open_exactly(real)
    except FileNotFoundError:
        if not mount.write:
            raise
        above = open_exactly(os.path.dirname(real))
        try:
            return Found(real=real, which=None, above=identity(os.fstat(above)))
        finally:
            os.close(above)
    try:
        return Found(real=real, which=identity(os.fstat(top)))
    finally:
        os.close(top)


def open_exactly(real: str, flags: int = READ) -> int:
    """Open a directory by a path in which nothing is a link. Raises OSError."""
    here = os.open("/", PASS)
    try:
        names = [name for name in real.split("/") if name]
        for name in names[:-1]:
            here = _step(here, name, PASS)
        return os.open(names[-1] if names else ".", flags, dir_fd=here)
    finally:
        os.close(here)


def _step(here: int, name: str, flags: int) -> int:
    inner = os.open(name, flags, dir_fd=here)
    os.close(here)
    return inner


def open_found(found: Found) -> int:
    """Open the directory that was found, made for the owner alone if it was missing.

    Raises OSError, Changed.
    """
    if found.which is not None:
        top = open_exactly(found.real)
        _check_same(top, found.which, found.real)
        return top
    folder, name = os.path.split(found.real)
    above = open_exactly(folder)
    try:
        own = os.dup(above)
        _check_same(own, found.above, folder)
        os.close(own)
        with suppress(FileExistsError):  # another grant's, of the same directory
            os.mkdir(name, 0o700, dir_fd=above)
        return os.open(name, READ, dir_fd=above)
    finally:
        os.close(above)


class Changed(Exception):
    """Another directory is where one was found."""


def _check_same(folder: int, which: Identity | None, path: str) -> None:
    """Close it and raise Changed if this is not the directory that was looked at."""
    if identity(os.fstat(folder)) != which:
        os.close(folder)
        raise Changed(path)


def check_links(grant: Grant, base: Path, real: str, place: str) -> None:
    """Raise OperatorError for a link that leads out of the manifest's folder unsaid."""
    mount = grant.mount
    assert mount is not None
    if mount.follow or not leaves(mount, base, real):
        return
    raise OperatorError(
        f"{place}: {mount.written!r} leads by a link out of the manifest's folder, to {real!r}",
        hint=f"if that is meant, say so: {written_line(grant, follow=True)}",
    )


def leaves(mount: Mount, base: Path, real: str) -> bool:
    """Whether a link took it out of the folder `base`, and not what was written."""
    home = os.path.realpath(base)
    parts = len(base.parts)
    # Taken from `base` by its real path: how a person came to the manifest is no matter.
    is_inside = parts > 0 and mount.at.parts[:parts] == base.parts
    inner = Path(*mount.at.parts[parts:]) if is_inside else mount.at
    said = os.path.normpath(os.path.join(home, inner))
    return real != said and not Path(real).is_relative_to(home)
