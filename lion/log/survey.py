"""Look here if you want to know what lies in the state directory and the cache, and how large it
is.

Rule: sizes are what is allocated on the disk, and nothing is opened but the list of runs.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lion.errors import LionError
from lion.log.desk_file import DESK_NAME
from lion.log.keys import KEY_NAME
from lion.log.ownership import RUNS, is_owned
from lion.log.sqlite_reader import open_sqlite_reader
from lion.log.sqlite_schema import LOG_NAME
from lion.log.verdicts import VERDICTS
from lion.ports import StateEntry
from lion.settings import Settings


def survey(settings: Settings) -> list[StateEntry]:
    """What there is, one after the other; what is not there is left out."""
    return [*_state(settings.state), *_cache(settings.cache), *_config(settings)]


def _state(state: Path) -> Iterator[StateEntry]:
    log = state / LOG_NAME
    if log.exists():
        size = sum(_allocated(Path(f"{log}{suffix}")) for suffix in ("", "-wal", "-shm"))
        yield StateEntry(what="log", path=log, bytes=size, note=_runs(state))
    desk = state / DESK_NAME
    if desk.exists():
        note = "calls that wait for a person, and answers that go on"
        yield StateEntry(what="approvals", path=desk, bytes=_allocated(desk), note=note)
    locks = sorted((state / RUNS).glob("*.lock"))
    if locks:
        held = sum(is_owned(state, path.stem) for path in locks)
        note = f"{len(locks)} locks of runs, {held} held by a process"
        yield StateEntry(what="locks", path=state / RUNS, bytes=_whole(state / RUNS)[1], note=note)
    verdicts = state / VERDICTS
    if verdicts.exists():
        note = "when which run was verified"
        yield StateEntry(what="verdicts", path=verdicts, bytes=_allocated(verdicts), note=note)


def _runs(state: Path) -> str:
    try:
        with open_sqlite_reader(state) as reader:
            runs = reader.runs()
    except LionError as exc:
        return exc.what
    return f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}"


def _cache(cache: Path) -> Iterator[StateEntry]:
    if cache.is_dir():
        files, size = _whole(cache)
        note = f"{files} files of compiled code; may be deleted, then it is compiled again"
        yield StateEntry(what="cache", path=cache, bytes=size, note=note)


def _config(settings: Settings) -> Iterator[StateEntry]:
    found = [("policy", settings.policy), ("secrets", settings.secrets)]
    if settings.config is not None:
        found.append(("key", settings.config / KEY_NAME))
    for what, path in found:
        if path is not None and path.exists():
            yield StateEntry(what=what, path=path, bytes=_allocated(path))


def _whole(folder: Path) -> tuple[int, int]:
    """How many files are beneath it, and what they take."""
    files = size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            files += 1
            size += _allocated(Path(where) / name)
    return files, size


def _allocated(path: Path) -> int:
    try:
        return os.lstat(path).st_blocks * 512
    except OSError:
        return 0
