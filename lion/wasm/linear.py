"""Look here if you want to know where the linear memories of guests are, and who counts them.

wasmtime asks here for each memory, and again when it grows. A memory is a reservation of addresses
of which the first bytes may be used; what lies behind and before is guarded by the processor.

Rule: what a memory has is counted before the guest gets it, in the sums of its holder, its run and
this process; who gets no more is cut after the poll in which it asked, whatever it does then, so
that a replay need not know what others used.
Rule: no callback raises.
Rule: a place is used again only when all that was in it is gone (the kernel gives zeros).
"""

import ctypes
import os
import sys
import threading
from typing import Any, Final, Protocol

import trio
import wasmtime
from wasmtime import _ffi

from lion.domain.memory_sum import MemorySum
from lion.errors import GuestError
from lion.wasm import capi

KEPT: Final = 32
"""Places kept for the next instances; a new one costs three times as long."""
_LINUX: Final = sys.platform == "linux"
_NONE, _READ_WRITE = 0, 3
_ANONYMOUS: Final = 0x4022 if _LINUX else 0x1042
"""MAP_PRIVATE, MAP_ANONYMOUS and, as nothing is used of it at first, MAP_NORESERVE."""
_FORGET: Final = 4
"""MADV_DONTNEED, which gives zeros on Linux only."""
_FAILED: Final = ctypes.c_size_t(-1).value

_COUNTING: Final = threading.Lock()
"""Guests grow in several threads at once."""

_libc: Final = ctypes.CDLL(None)
_vp, _sz, _int = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int


def _system(name: str, result: Any, *args: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *args)((name, _libc))


_mmap = _system("mmap", _vp, _vp, _sz, _int, _int, _int, ctypes.c_long)
_mprotect = _system("mprotect", _int, _vp, _sz, _int)
_munmap = _system("munmap", _int, _vp, _sz)
_madvise = _system("madvise", _int, _vp, _sz, _int)
_error_new = ctypes.PYFUNCTYPE(_vp, ctypes.c_char_p)(("wasmtime_error_new", _ffi.dll))

_set_creator = ctypes.PYFUNCTYPE(None, _vp, _vp)(
    ("wasmtime_config_host_memory_creator_set", _ffi.dll)
)

_New = ctypes.CFUNCTYPE(_vp, _vp, _vp, _sz, _sz, _sz, _sz, _vp)
"""env, type, bytes at first, at most, reserved, guarded behind, memory out -> error."""
_Get = ctypes.CFUNCTYPE(_vp, _vp, _vp, _vp)
"""env, size out, capacity out -> address."""
_Grow = ctypes.CFUNCTYPE(_vp, _vp, _sz)
"""env, bytes -> error."""
_Done = ctypes.CFUNCTYPE(None, _vp)


class Guest(Protocol):
    """Whose a memory is: where it is counted, and which sum had no room for more."""

    memory: MemorySum | None
    crowded: MemorySum | None

    def refuse_memory(self, full: MemorySum) -> None:
        """This sum had no room for what it wanted."""
        ...


class _Creator(ctypes.Structure):
    _fields_ = (("env", _vp), ("new", _New), ("done", _vp))


class _Place:
    """Reserved addresses: `base` is where a memory begins, `size` how much of it may be used."""

    __slots__ = ("base", "capacity", "guard", "guest", "size")

    def __init__(self, base: int, capacity: int, guard: int) -> None:
        self.base = base
        self.capacity = capacity
        self.guard = guard
        self.size = 0
        self.guest: Guest | None = None

    def resize(self, size: int) -> bool:
        """Make so many bytes usable, and no more. False if the system refuses."""
        change, kind = size - self.size, _READ_WRITE if size > self.size else _NONE
        if change and _mprotect(self.base + min(size, self.size), abs(change), kind):
            return False
        self.size = size
        return True

    def unmap(self) -> None:
        """Give the addresses back."""
        _munmap(self.base - self.guard, self.capacity + 2 * self.guard)


def _reserve(capacity: int, guard: int) -> _Place | None:
    start = _mmap(None, capacity + 2 * guard, _NONE, _ANONYMOUS, -1, 0)
    return None if start in (None, _FAILED) else _Place(start + guard, capacity, guard)


class Memories:
    """The memories of one engine's guests. Whose poll is under way is told by the call loop: on
    its own thread in `inline`, on others in `workers`, by thread.
    """

    def __init__(self) -> None:
        self.inline: Guest | None = None
        self.workers: dict[int, Guest] = {}
        self._places: dict[int, _Place] = {}
        self._numbers = 0
        self._kept: list[_Place] = []
        self._callbacks = (
            _New(self._on_new), _Get(self._on_get), _Grow(self._on_grow), _Done(self._on_done),
        )  # fmt: skip
        self._addresses = tuple(capi.address(one) for one in self._callbacks[1:])
        self._creator = _Creator(None, self._callbacks[0], None)

    def make_for(self, config: wasmtime.Config) -> None:
        """Make the memories of the engine that is made with this, as long as there is one."""
        _set_creator(capi.address(config), ctypes.addressof(self._creator))

    @trio.lowlevel.enable_ki_protection
    def _on_new(
        self, env: int, kind: int, least: int, most: int, reserved: int, guard: int, out: int
    ) -> int | None:
        guest = self.workers.get(threading.get_ident()) or self.inline
        place = self._take_place(reserved, guard)
        if place is None:
            return _refusal(b"mmap failed: no addresses are left for a memory")
        place.guest = guest
        if not _counted(guest, least):
            self._keep(place)
            return _refusal(b"the sum of memories has no room for it")
        if not place.resize(least):
            _uncount(guest, least)
            place.unmap()
            return _refusal(b"mmap failed: a memory cannot be made usable")
        self._numbers += 1
        self._places[self._numbers] = place
        (ctypes.c_uint64 * 4).from_address(out)[:] = [self._numbers, *self._addresses]
        return None

    def _take_place(self, reserved: int, guard: int) -> _Place | None:
        if self._kept:
            place = self._kept.pop()
            if (place.capacity, place.guard) == (reserved, guard):
                return place
            place.unmap()
        return _reserve(reserved, guard)

    @trio.lowlevel.enable_ki_protection
    def _on_get(self, env: int, size: int, capacity: int) -> int:
        place = self._places[env]
        _sz.from_address(size).value = place.size
        _sz.from_address(capacity).value = place.capacity
        return place.base

    @trio.lowlevel.enable_ki_protection
    def _on_grow(self, env: int, size: int) -> int | None:
        place = self._places[env]
        more = size - place.size
        if size > place.capacity or more < 0:
            return _refusal(b"a memory cannot be so large")
        if not _counted(place.guest, more):
            return _refusal(b"the sum of memories has no room for it")
        if not place.resize(size):
            _uncount(place.guest, more)
            return _refusal(b"mmap failed: a memory cannot grow")
        return None

    @trio.lowlevel.enable_ki_protection
    def _on_done(self, env: int) -> None:
        place = self._places.pop(env)
        _uncount(place.guest, place.size)
        self._keep(place)

    def _keep(self, place: _Place) -> None:
        """Keep a place for the next memory, without what is in it."""
        place.guest = None
        is_clean = _LINUX and not (place.size and _madvise(place.base, place.size, _FORGET))
        if is_clean and len(self._kept) < KEPT:
            self._kept.append(place)
        else:
            place.unmap()


def _refusal(why: bytes) -> int | None:
    address: int | None = _error_new(why)
    return address


def _counted(guest: Guest | None, size: int) -> bool:
    if guest is None or guest.memory is None:
        return True
    with _COUNTING:
        full = guest.memory.take(size)
    if full is not None:
        guest.refuse_memory(full)
    return full is None


def _uncount(guest: Guest | None, size: int) -> None:
    if guest is not None and guest.memory is not None:
        with _COUNTING:
            guest.memory.give(size)


class Crowded(GuestError):
    """A guest wanted memory, and the instances it is counted with have none left."""

    def __init__(self, guest: Guest) -> None:
        full = guest.crowded
        assert full is not None
        super().__init__(
            f"{full.whose} have no more than {full.limit or 0:,} bytes of memory together",
            ending="memory-sum",
            hint=full.hint,
            is_shared=full.is_shared,
        )


def machines_memory() -> int | None:
    """What this machine has for this process: bytes of its memory, or of the control group's."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            return min(found, int(file.read()))
    except (OSError, ValueError):
        return found
