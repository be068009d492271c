"""Look here if you want to know how a program that runs under valgrind's callgrind says what is to
be counted.

valgrind knows a request by a row of instructions that do nothing elsewhere (valgrind.h; those of
x86-64 are here). Outside of valgrind the functions do nothing.
"""

import ctypes
import mmap
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CODE = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
"""rax = the request's address; rdx = 0; rotate rdi four times; xchg rbx, rbx; return rdx."""
_CALLGRIND = 0x43540000
_DUMP, _START, _STOP = _CALLGRIND, _CALLGRIND + 4, _CALLGRIND + 5


def is_possible() -> bool:
    """valgrind is there, and this is a machine whose requests are known here."""
    return shutil.which("valgrind") is not None and platform.machine() in ("x86_64", "AMD64")


class Callgrind:
    """Counts what runs in `counting`, and nothing else."""

    def __init__(self) -> None:
        self._code = mmap.mmap(
            -1, len(_CODE), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        )
        self._code.write(_CODE)
        where = ctypes.addressof(ctypes.c_char.from_buffer(self._code))
        self._call = ctypes.PYFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(where)

    def _request(self, number: int) -> None:
        block = (ctypes.c_uint64 * 6)(number)
        self._call(ctypes.addressof(block))

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Each is a part of the output, in order."""
        self._request(_START)
        try:
            yield
        finally:
            self._request(_STOP)
            self._request(_DUMP)


def words(out: Path) -> list[str]:
    """The command line before the program's own."""
    # The child that compiles too: what it may use of the processor is what valgrind knows.
    how = ["--tool=callgrind", "--trace-children=yes", "--instr-atstart=no"]
    return ["valgrind", *how, f"--callgrind-out-file={out}"]


def counts(out: Path) -> list[int]:
    """Instructions of each part."""
    found = []
    for part in range(1, 1_000):
        file = out.with_name(f"{out.name}.{part}")
        if not file.exists():
            break
        totals = re.search(r"^totals: (\d+)$", file.read_text("utf-8", "replace"), re.MULTILINE)
        found.append(int(totals[1]) if totals else 0)
    return found
