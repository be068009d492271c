"""Look here if you want to know where it is kept what `verify` found, and when.

Rule: a verdict is a note for people, kept beside the log and never in it: a damaged log is not
written to, and a note proves nothing.
Rule: notes are lines that are only added, the last one of a run counts; what cannot be read is no
note. Where nothing can be written there are none, and that is no fault.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from lion.ports import Verdict

VERDICTS: Final = "verified.jsonl"
_MOST_BYTES: Final = 1024 * 1024
"""After so many, notes that no longer count are left out."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Verdict).decode


def read_verdicts(directory: Path) -> dict[str, Verdict]:
    """The last verdict on each run."""
    found: dict[str, Verdict] = {}
    with suppress(OSError):
        for line in (directory / VERDICTS).read_bytes().splitlines():
            with suppress(ValueError):  # msgspec's own are ValueErrors
                one = _decode(line)
                found[one.run] = one
    return found


def note_verdict(directory: Path, verdict: Verdict) -> None:
    """Keep a verdict, if something can be written there."""
    path = directory / VERDICTS
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, _encode(verdict) + b"\n")
            is_long = os.fstat(descriptor).st_size > _MOST_BYTES
        finally:
            os.close(descriptor)
        if is_long:
            _write_anew(path, read_verdicts(directory).values())


def forget_verdicts(directory: Path, runs: Iterable[str]) -> None:
    """Let go of what was found of runs that are no more."""
    found = read_verdicts(directory)
    gone = set(runs) & set(found)
    if gone:
        _write_anew(directory / VERDICTS, [v for run, v in found.items() if run not in gone])


def _write_anew(path: Path, verdicts: Iterable[Verdict]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(_encode(one) + b"\n" for one in verdicts)
        os.replace(beside, path)
