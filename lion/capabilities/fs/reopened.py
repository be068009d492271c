"""Look here if you want to know what an open file is after the process of its run ended: opened
again when it is next used, as the same file or not at all.

Rule: it is looked for under its own path beneath the same directory, and is neither made nor cut
off; by device and inode it is the one that was open, or the guest is told `conflict`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

import trio

from lion.capabilities.fs.access import Access, Asks
from lion.capabilities.fs.calls import access_of, files_of, opens
from lion.capabilities.fs.file import OpenFile
from lion.capabilities.fs.roots import Slots
from lion.capabilities.fs.tree import Tree
from lion.domain.call import CallError
from lion.domain.events import CallFinished
from lion.domain.plan import Grant, Mount
from lion.policy.decide import words_for_guest
from lion.ports import CallContext
from lion.scopes.fs_path import FsTarget, split_names

FILE: Final = "file"
CONFLICT: Final = "it is not the file any more that was open before the run was resumed"
MOST_LINKS: Final = 8


class Reopened:
    """Stands for an open file until it is used."""

    is_ready = True

    def __init__(
        self, caller: CallContext, target: FsTarget, mode: Sequence[str], which: Any
    ) -> None:
        self._caller = caller
        self._target = target
        self._mode = mode
        self._which = which
        self._lock = trio.Lock()
        self._file: OpenFile | None = None
        self.path = target.claims[0].path
        """As the guest opened it."""

    async def wait_ready(self) -> None:
        """Return at once."""

    async def real(self) -> OpenFile:
        """The file, open again. Raises CallError: `conflict` if it is another one."""
        async with self._lock:
            if self._file is None:
                self._file = await self._opened()
            return self._file

    def close(self) -> None:
        """Close it, if it was opened again."""
        if self._file is not None:
            self._file.descriptor.close()

    async def _opened(self) -> OpenFile:
        files, decided = files_of(self._caller), list[FsTarget]()
        tree = files.tree(cast(Mount, self._foresee(self._target).mount))
        names = split_names(self._target.claims[0].path.removeprefix(tree.mount.path))
        for _ in range(MOST_LINKS):
            work = partial(_open, tree, names, self._mode, tuple(decided))
            try:
                return self._same(await files.finish(work, lambda late: late.descriptor.close()))
            except Asks as asked:
                self._foresee(asked.target)
                decided.append(asked.target)
            except (OSError, CallError) as exc:
                raise CallError("conflict", CONFLICT) from exc
        raise CallError("busy", "the symlinks on the way keep changing")

    def _foresee(self, target: FsTarget) -> Grant:
        """The grant that would allow it now. Raises CallError("denied")."""
        decision = self._caller.foresee("fs", "open", target)
        if not decision.allowed or decision.grant is None:
            raise CallError("denied", words_for_guest(decision))
        return decision.grant

    def _same(self, file: OpenFile) -> OpenFile:
        info = file.stat()
        if (info.st_dev, info.st_ino) != (self._which["device"], self._which["inode"]):
            file.descriptor.close()
            raise CallError("conflict", CONFLICT)
        return file


def _open(
    tree: Tree, names: Sequence[str], mode: Sequence[str], decided: Sequence[FsTarget]
) -> OpenFile:
    access: Access = access_of(mode)._replace(decided=decided)
    if "directory" in mode:
        return tree.open_directory(names, access)
    return tree.open(names, access, create=False, exclusive=False, truncate=False)


def recall_open(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The handle that a recorded `open` gave."""
    if call.value[0] != "ok":
        return
    file, slots = Reopened(caller, opens(args), args[1], call.kept), files_of(caller).slots
    slots.take()
    caller.handles.put(call.value[1], FILE, file, partial(_close, file, slots))


def _close(file: Reopened, slots: Slots) -> None:
    file.close()
    slots.give()
