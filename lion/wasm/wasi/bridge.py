"""Look here if you want to know how a program for WASI preview 1 calls an adapter that has a
memory of its own: every function of preview 1, with what it points at copied there and back.

The standard adapter is made to live in the program's memory. Programs that take all of that for
theirs, as Go's do and those of C libraries before 2023, would write over it; so it has its own.

Source: WASI preview 1 (witx, wasi_snapshot_preview1).

Rule: a call takes the same places each time: nothing calls back while it lasts.
"""

from typing import Final

from lion.wasm.extism.binary import (
    I32,
    ModuleWriter,
    Signature,
    call,
    const,
    get,
    put,
    unsigned,
)

PAGE: Final = 65_536
_OUT, _VECTOR = 0, 512
"""Where results of a known size go, and the one vector of bytes that is handed on."""
_PATHS: Final = (PAGE, 2 * PAGE)
_ROOM, ROOM_BYTES = 3 * PAGE, 4 * PAGE
"""Where bytes go, and how many are read or written at once; more room is made for others."""
PAGES: Final = 7
_MOST_POLLED: Final = 4_096
_INVALID, _NAME_TOO_LONG, _NO_MEMORY, NOT_SUPPORTED = 28, 37, 48, 58
"""Error numbers of preview 1."""
_EVENT, _SUBSCRIPTION = 32, 48

FUNCTIONS: Final = {
    "args_get": "A",
    "args_sizes_get": "4 4",
    "clock_res_get": "i 8",
    "clock_time_get": "i l 8",
    "environ_get": "A",
    "environ_sizes_get": "4 4",
    "fd_advise": "i l l i",
    "fd_allocate": "i l l",
    "fd_close": "i",
    "fd_datasync": "i",
    "fd_fdstat_get": "i 24",
    "fd_fdstat_set_flags": "i i",
    "fd_fdstat_set_rights": "i l l",
    "fd_filestat_get": "i 64",
    "fd_filestat_set_size": "i l",
    "fd_filestat_set_times": "i l l i",
    "fd_pread": "i r l 4",
    "fd_prestat_dir_name": "i b",
    "fd_prestat_get": "i 8",
    "fd_pwrite": "i w l 4",
    "fd_read": "i r 4",
    "fd_readdir": "i b l 4",
    "fd_renumber": "i i",
    "fd_seek": "i l i 8",
    "fd_sync": "i",
    "fd_tell": "i 8",
    "fd_write": "i w 4",
    "path_create_directory": "i p",
    "path_filestat_get": "i i p 64",
    "path_filestat_set_times": "i i p l l i",
    "path_link": "i i p i p",
    "path_open": "i i p i l l i 4",
    "path_readlink": "i p b 4",
    "path_remove_directory": "i p",
    "path_rename": "i p i p",
    "path_symlink": "p i p",
    "path_unlink_file": "i p",
    "poll_oneoff": "P",
    "proc_exit": "i",
    "random_get": "b",
    "sched_yield": "",
}
"""Parameters by function: a number (i, l), a path (p), bytes to be filled (b), vectors of bytes to
read into (r) or to write (w), or the place of a result of so many bytes. A and P are their own.
"""
SIZES_OF: Final = {"args_get": "args_sizes_get", "environ_get": "environ_sizes_get"}
"""What says how much they give."""
_SIZES: Final = Signature(bytes([I32, I32]), bytes([I32]))
_WIDTH: Final = {"p": 2, "b": 2, "r": 2, "w": 2}

_IF, _END = b"\x04\x40", b"\x0b"
_BLOCK, _LOOP, _RETURN = b"\x02\x40", b"\x03\x40", b"\x0f"
_EQZ, _EQ, _GT_U, _GE_U, _ADD, _SUB, _MUL, _SHR_U = (
    b"\x45", b"\x46", b"\x4b", b"\x4f", b"\x6a", b"\x6b", b"\x6c", b"\x76",
)  # fmt: skip
_SELECT: Final = b"\x1b"
_IN: Final = b"\xfc\x0a\x01\x00"
"""memory.copy into the adapter's memory (1) from the program's (0)."""
_BACK: Final = b"\xfc\x0a\x00\x01"
_GROW: Final = b"\x40\x01"


def _load(memory: int, offset: int = 0) -> bytes:
    return b"\x28\x42" + bytes([memory]) + unsigned(offset)


def _store(memory: int, offset: int = 0) -> bytes:
    return b"\x36\x42" + bytes([memory]) + unsigned(offset)


def _fail(errno: int) -> bytes:
    return const(errno) + _RETURN


class _Function:
    """The code of one function of preview 1. Locals behind its parameters: what the adapter said,
    and those that are asked for.
    """

    def __init__(self, kind: Signature, inner: int, room: int) -> None:
        self.inner = inner
        self._room = room
        self._locals = len(kind.params)
        self._first = len(kind.params)
        self._before = self._args = self._after = b""
        self._out = _OUT
        self._paths = iter(_PATHS)

    def local(self) -> int:
        self._locals += 1
        return self._locals - 1

    @property
    def locals_(self) -> bytes:
        return bytes([I32]) * (self._locals - self._first)

    def add(self, what: str, at: int) -> None:
        """A parameter, which begins at local `at`."""
        if what in ("i", "l"):
            self._args += get(at)
        elif what == "p":
            place = next(self._paths)
            too_long = get(at + 1) + const(PAGE) + _GT_U + _IF + _fail(_NAME_TOO_LONG) + _END
            self._before += too_long + const(place) + get(at, at + 1) + _IN
            self._args += const(place) + get(at + 1)
        elif what == "b":
            place = self.local()
            self._before += self.place(place, get(at + 1)) + get(place, at, at + 1) + _IN
            self._args += get(place, at + 1)
            self._after += get(at, place, at + 1) + _BACK
        elif what in ("r", "w"):
            self._vector(at, is_read=what == "r")
        else:
            size, place = int(what), self._out
            self._out += size
            self._args += const(place)
            self._after += get(at) + const(place) + const(size) + _BACK

    def place(self, place: int, size: bytes) -> bytes:
        """Code: room for so many bytes."""
        asked = size + call(self._room) + put(place)
        return asked + get(place) + _EQZ + _IF + _fail(_NO_MEMORY) + _END

    def _vector(self, at: int, *, is_read: bool) -> None:
        """The first vector that is not empty, as the standard adapter takes no more either."""
        one, end, size = self.local(), self.local(), self.local()
        step = get(one) + const(8) + _ADD + put(one) + b"\x0c\x00"
        find = (
            get(at) + put(one) + get(at + 1) + const(8) + _MUL + get(at) + _ADD + put(end)
            + const(0) + put(size) + _BLOCK + _LOOP
            + get(one, end) + _GE_U + b"\x0d\x01"
            + get(one) + _load(0, 4) + put(size) + get(size) + b"\x0d\x01" + step + _END + _END
        )  # fmt: skip
        # select takes the first where the third is not 0.
        is_more = get(size) + const(ROOM_BYTES) + _GT_U
        cut = const(ROOM_BYTES) + get(size) + is_more + _SELECT
        where = self.local()
        self._before += find + cut + put(size) + const(0) + put(where)
        self._before += get(size) + _IF + get(one) + _load(0) + put(where) + _END
        if not is_read:
            self._before += const(_ROOM) + get(where, size) + _IN
        self._before += const(_VECTOR) + const(_ROOM) + _store(1)
        self._before += const(_VECTOR) + get(size) + _store(1, 4)
        self._args += const(_VECTOR) + const(1)
        if is_read:
            # How much was read is the first result.
            self._after += get(where) + const(_ROOM) + const(self._out) + _load(1) + _BACK

    def code(self, gives: bool) -> bytes:
        """All of it."""
        if not gives:
            return self._before + self._args + call(self.inner)
        said = self.local()
        done = get(said) + _EQZ + _IF + self._after + _END
        return self._before + self._args + call(self.inner) + put(said) + done + get(said)


def _room() -> bytes:
    """Code of a function: where there is room for so many bytes, 0 for nowhere. (The global 0 is
    where more room was made, 1 how many bytes of it.)
    """
    pages = get(0) + const(PAGE - 1) + _ADD + const(16) + _SHR_U
    is_small = get(0) + const(ROOM_BYTES) + _GT_U + _EQZ + _IF + const(_ROOM) + _RETURN + _END
    is_huge = get(0) + const(0xFFFF0000) + _GT_U + _IF + const(0) + _RETURN + _END
    grown = (
        pages + _GROW + put(1) + get(1) + const(0xFFFFFFFF) + _EQ + _IF + const(0) + _RETURN + _END
        + get(1) + const(16) + b"\x74\x24\x00" + get(0) + b"\x24\x01"
    )  # fmt: skip
    return is_small + is_huge + get(0) + b"\x23\x01" + _GT_U + _IF + grown + _END + b"\x23\x00"


def _texts(function: _Function, sizes: int) -> bytes:
    """args_get and environ_get: pointers, which are the program's afterwards, and texts."""
    place, end, size, said = (function.local() for _ in range(4))
    one, texts = function.local(), function.local()
    ask = const(_OUT) + const(_OUT + 4) + call(sizes) + put(said)
    ask += get(said) + _IF + get(said) + _RETURN + _END
    count = const(_OUT) + _load(1) + const(4) + _MUL
    asked = count + put(size)
    asked += function.place(place, get(size) + const(_OUT + 4) + _load(1) + _ADD)
    asked += get(place, size) + _ADD + put(texts) + get(texts) + put(end)
    run = get(place, texts) + call(function.inner) + put(said) + get(said) + _IF
    run += get(said) + _RETURN + _END
    copied = get(1, texts) + const(_OUT + 4) + _load(1) + _BACK + get(place) + put(one)
    pointer = get(0) + get(one) + _load(1) + get(texts) + _SUB + get(1) + _ADD + _store(0)
    step = b"".join(get(x) + const(4) + _ADD + put(x) for x in (0, one))
    loop = _BLOCK + _LOOP + get(one, end) + _GE_U + b"\x0d\x01" + pointer + step + b"\x0c\x00"
    return ask + asked + run + copied + loop + _END + _END + const(0)


def _poll(function: _Function) -> bytes:
    """poll_oneoff: subscriptions, events, how many, and how many there were."""
    place, events, said = function.local(), function.local(), function.local()
    code = get(2) + const(_MOST_POLLED) + _GT_U + _IF + _fail(_INVALID) + _END
    code += function.place(place, get(2) + const(_SUBSCRIPTION + _EVENT) + _MUL)
    code += get(place, 0, 2) + const(_SUBSCRIPTION) + _MUL + _IN
    code += get(2) + const(_SUBSCRIPTION) + _MUL + get(place) + _ADD + put(events)
    code += get(place, events, 2) + const(_OUT) + call(function.inner) + put(said)
    back = get(1, events) + const(_OUT) + _load(1) + const(_EVENT) + _MUL + _BACK
    back += get(3) + const(_OUT) + const(4) + _BACK
    return code + get(said) + _EQZ + _IF + back + _END + get(said)


def bridge(functions: dict[str, Signature]) -> bytes:
    """A core module with these functions of preview 1. It imports the program's memory (`p`), the
    adapter's (`m`) and the adapter's functions (`a`).
    """
    module = ModuleWriter()
    module.import_memory("p", "memory")
    module.import_memory("m", "memory")
    asked = asked_functions(functions)
    inner = {name: module.import_function("a", name, kind) for name, kind in asked.items()}
    module.add_global(0)
    module.add_global(0)
    room = module.add_function(
        "room", Signature(bytes([I32]), bytes([I32])), _room(), bytes([I32])
    )
    for name, kind in functions.items():
        if name not in FUNCTIONS:
            module.add_function(name, kind, const(NOT_SUPPORTED))
            continue
        function = _Function(kind, inner[name], room)
        code = _code(name, function, inner, kind)
        module.add_function(name, kind, code, function.locals_)
    return module.write()


def _code(name: str, function: _Function, inner: dict[str, int], kind: Signature) -> bytes:
    spec = FUNCTIONS[name].split()
    if spec == ["A"]:
        return _texts(function, inner[SIZES_OF[name]])
    if spec == ["P"]:
        return _poll(function)
    at = 0
    for what in spec:
        function.add(what, at)
        at += _WIDTH.get(what, 1)
    return function.code(bool(kind.results))


def asked_functions(functions: dict[str, Signature]) -> dict[str, Signature]:
    """What a bridge with these functions imports of the adapter."""
    asked = {name: kind for name, kind in functions.items() if name in FUNCTIONS}
    return asked | {SIZES_OF[name]: _SIZES for name in functions if name in SIZES_OF}


def memory() -> bytes:
    """The core module whose memory is the adapter's."""
    module = ModuleWriter()
    module.add_memory("memory", PAGES)
    return module.write()
