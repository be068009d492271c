"""Look here if you want to know which directories a run's guests have, and who opens them.

Rule: each is opened once, when the run begins, and everything after goes from its descriptor: what
its path leads to later makes no difference. It is the one that was looked at before, or an error.
Rule: a missing directory is a mistake, unless it may be written: then it is made, for the owner
alone.
Rule: no guest can use up the descriptors or threads of all.
"""

import hashlib
import os
import resource
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from errno import ENOENT
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

import trio

from lion.capabilities.fs.guard import Guard, Surveys
from lion.capabilities.fs.place import (
    Changed,
    Found,
    base_of,
    check_links,
    find,
    open_exactly,
    open_found,
    real_path,
)
from lion.capabilities.fs.tree import Tree
from lion.capabilities.fs.usage import Identity, Ledger, identity
from lion.domain.call import CallError
from lion.domain.plan import Directory, Grant, Holder, Mount, Plan
from lion.errors import OperatorError
from lion.scopes.fs_grant import quota_of
from lion.scopes.fs_path import is_below
from lion.threads import finish

THREADS: Final = 4
"""How many operations of one holder's instances are under way at once; the others wait."""
ALL_THREADS: Final = 32
MOST_OPEN_OF_ONE: Final = 256
MOST_OPEN: Final = 4_096
"""Files open at once: of one holder's instances together, and of all of a run."""

T = TypeVar("T")
Directories = dict[tuple[str, str], Found]
"""Which directory each grant has, by holder and the guest's path."""


class Slots:
    """How many files are open: of one holder, and (`above`) of all."""

    def __init__(self, limit: int, above: "Slots | None" = None) -> None:
        self._limit = limit
        self._above = above
        self._used = 0
        self._lock = Lock()

    def take(self) -> None:
        """Raises CallError("exhausted")."""
        if self._above is not None:
            self._above.take()
        with self._lock:
            is_full = self._used >= self._limit
            self._used += not is_full
        if is_full:
            if self._above is not None:
                self._above.give()
            raise CallError("exhausted", f"{self._limit:,} files are open, which is the limit")

    def give(self) -> None:
        """One was closed; any thread may say so."""
        with self._lock:
            self._used -= 1
        if self._above is not None:
            self._above.give()


class HolderFiles:
    """The directories of one holder, its place in the threads, and its open files."""

    def __init__(self, trees: Collection[Tree], slots: Slots, all_work: trio.CapacityLimiter):
        self.slots = slots
        self._trees = {tree.mount.path: tree for tree in trees}
        self._own_work = trio.CapacityLimiter(THREADS)
        self._all_work = all_work

    @property
    def trees(self) -> tuple[Tree, ...]:
        """All of them."""
        return tuple(self._trees.values())

    def tree(self, mount: Mount) -> Tree:
        """The directory of a grant."""
        return self._trees[mount.path]

    def is_in(self, path: str, tree: Tree) -> bool:
        """Whether a path in normal form is in this directory, and in none that lies within."""
        holding = [top for top in self._trees if is_below(path, top)]
        return max(holding, key=len, default=None) == tree.mount.path

    async def finish(self, work: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
        """Do work that blocks; see threads.finish."""
        return await finish(work, (self._own_work, self._all_work), undo)


class Files:
    """The directories of a run by holder. Made by open_files."""

    def __init__(
        self, holders: Mapping[str, HolderFiles], directories: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._holders = holders
        self.directories = directories
        """Where each holder's really are, by the guest's paths."""
        self._key = secrets.token_bytes(16)

    def of(self, holder: str) -> HolderFiles:
        """The directories of a holder. Raises CallError("denied") if it has none."""
        try:
            return self._holders[holder]
        except KeyError:
            raise CallError("denied", "no grant covers it") from None

    def name_identity(self, which: Identity) -> str:
        """A file's identity in words that mean nothing outside this run."""
        words = f"{which[0]}:{which[1]}".encode()
        return hashlib.blake2b(words, key=self._key, digest_size=12).hexdigest()


@asynccontextmanager
async def open_files(
    plan: Plan, guard: Guard, *, is_durable: bool = False
) -> AsyncIterator[Files]:
    """Open every directory that a plan grants, and close them in the end.

    `guard` are the host's own files; the plan's are added. `is_durable`: a file replaced or made
    survives that the power fails, once its guest is told. Raises OperatorError for one that is
    missing, or that nobody may write.
    """
    opener = _Opener(guard.including(plan), is_durable)
    try:
        # All are looked at before any is made: a refused manifest leaves nothing behind.
        found = await trio.to_thread.run_sync(check_files, plan, guard)
        holders = await trio.to_thread.run_sync(opener.open_all, plan, found)
        directories = {
            name: {path: one.real for (holder, path), one in found.items() if holder == name}
            for name in holders
        }
        yield Files(holders, directories)
    finally:
        opener.close()


class _Opener:
    def __init__(self, guard: Guard, is_durable: bool) -> None:
        self._guard = guard
        self._is_durable = is_durable
        self._trees: list[Tree] = []
        self._ledgers: dict[Identity, Ledger] = {}

    def open_all(self, plan: Plan, found: Directories) -> dict[str, HolderFiles]:
        # Half of what the process may open is left to the log, to sockets and to loading.
        room = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        room = MOST_OPEN if room == resource.RLIM_INFINITY else min(room // 2, MOST_OPEN)
        slots, work = Slots(room), trio.CapacityLimiter(ALL_THREADS)
        surveys = Surveys(self._guard)
        return {
            name: HolderFiles(trees, Slots(min(room // 4, MOST_OPEN_OF_ONE), slots), work)
            for name, holder in plan.holders.items()
            if (trees := self._open_holder(holder, found, surveys))
        }

    def close(self) -> None:
        for tree in self._trees:
            tree.close()

    def _open_holder(self, holder: Holder, found: Directories, surveys: Surveys) -> list[Tree]:
        return [
            self._open(grant, mount, place_of(holder), found[holder.name, mount.path], surveys)
            for grant, mount in mounts_of(holder)
        ]

    def _open(
        self, grant: Grant, mount: Mount, place: str, found: Found, surveys: Surveys
    ) -> Tree:
        try:
            top = open_found(found)
        except Changed:
            raise OperatorError(
                f"{place}: {found.real!r} became another directory while it was looked at",
                hint="see who changes it, and try again",
            ) from None
        except OSError as exc:
            raise _cannot_open(mount, place, exc) from exc
        try:
            surveys.barred.check(top, found.real, mount, place, is_new=False)
            _check(surveys.objection(mount, top), mount, place, found.real)
            ledger = self._ledgers.setdefault(identity(os.fstat(top)), Ledger())
        except BaseException:
            os.close(top)
            raise
        tree = Tree(
            mount, top, ledger, quota_of(grant), self._guard.identities(), self._is_durable
        )
        self._trees.append(tree)
        return tree


def check_files(plan: Plan, guard: Guard) -> Directories:
    """Whether open_files would open every directory; makes none. Answers which they are.

    Raises OperatorError.
    """
    surveys = Surveys(guard.including(plan))
    return {
        (holder.name, mount.path): _look(grant, mount, place_of(holder), base_of(plan), surveys)
        for holder in plan.holders.values()
        for grant, mount in mounts_of(holder)
    }


def list_directories(plan: Plan, guard: Guard) -> dict[str, tuple[Directory, ...]]:
    """What each holder's grants come to, with what is wrong with them, for people to read."""
    surveys, found = Surveys(guard.including(plan)), dict[str, list[Directory]]()
    for holder in plan.holders.values():
        for grant, mount in mounts_of(holder):
            real, problem = real_path(mount), ""
            try:
                real = _look(grant, mount, place_of(holder), base_of(plan), surveys).real
            except OperatorError as exc:
                problem = exc.what
            found.setdefault(holder.name, []).append(
                Directory(path=mount.path, at=mount.written, real=real, write=mount.write,
                          problem=problem)
            )  # fmt: skip
    return {name: tuple(many) for name, many in found.items()}


def _look(grant: Grant, mount: Mount, place: str, base: Path, surveys: Surveys) -> Found:
    """Find a grant's directory, and whether it may be granted. Raises OperatorError."""
    real = real_path(mount)
    check_links(grant, base, real, place)
    try:
        found = find(mount, real)
        if found.which is None and os.path.exists(mount.at):
            found = find(mount, real)  # another run has made it meanwhile
        _judge(found, surveys, mount, place)
        if found.which is None and os.path.islink(mount.at):
            # A link to nothing is a mistake, and not a directory that is still to be made.
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT))
    except OSError as exc:
        raise _cannot_open(mount, place, exc) from exc
    return found


def _judge(found: Found, surveys: Surveys, mount: Mount, place: str) -> None:
    """Raise OperatorError if it may not be granted, or not be written or read."""
    # What is missing and may be written would be made: then its folder has to be good.
    is_new, (folder, name) = found.which is None, os.path.split(found.real)
    top = open_exactly(folder if is_new else found.real)
    try:
        surveys.barred.check(top, found.real, mount, place, is_new=is_new)
        objection = surveys.objection(mount, top, name if is_new else None)
        _check(objection, mount, place, found.real)
    finally:
        os.close(top)


def mounts_of(holder: Holder) -> list[tuple[Grant, Mount]]:
    """A holder's grants of directories."""
    return [(grant, grant.mount) for grant in holder.grants if grant.mount is not None]


def place_of(holder: Holder) -> str:
    """Where those stand in the manifest."""
    return f"{holder.table}.{holder.name}.allow.fs"


def _cannot_open(mount: Mount, place: str, exc: OSError) -> OperatorError:
    return OperatorError(
        f"{place}: the directory {str(mount.at)!r} cannot be opened: {exc.strerror}",
        hint="make it, or name another: `at` in a manifest, --dir of a program without one",
    )


def _check(objection: str | None, mount: Mount, place: str, real: str) -> None:
    if objection is not None:
        also = "" if real == str(mount.at) else f", which is {real!r},"
        done = "written" if mount.write else "read"
        raise OperatorError(
            f"{place}: {str(mount.at)!r}{also} may not be {done} by a guest: {objection}",
            hint="grant a directory of its own",
        )
