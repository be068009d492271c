"""Look here if you want to know which of lion's functions stand behind those that an Extism
plug-in imports, and what its exports are called.

Rule: a component imports what its plug-in's imports need, no more: that is its ceiling.
Rule: an import that no table here has is refused by name, unless a system plugin offers it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lion.domain.labels import label as label
from lion.domain.text import show_line
from lion.errors import GuestError

ENV: Final = "extism:host/env"
WASI: Final = "wasi_snapshot_preview1"
USER: Final = "extism:user/"
"""What the interfaces of an embedder's own functions begin with."""
USER_VERSION: Final = "0.1.0"
"""The version that is imported where no system plugin offers one."""
HOST: Final = "lion:host/"
EXIT: Final = "lion:guest/exit@0.1.0"
"""Where a call ends early with a value; the runtime itself answers it (wasm/exits.py)."""
MEMORY: Final = "lion:guest/memory"
"""What the adapter imports to reach the plug-in's memories."""

_EXCHANGE: Final = (
    "http.start http.[method]exchange.write http.[method]exchange.finish "
    "http.[method]exchange.head http.[method]exchange.read http.[resource-drop]exchange"
)
ENV_NEEDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "alloc", "free", "length", "length_unsafe", "load_u8", "load_u64", "store_u8",
            "store_u64", "input_length", "input_offset", "input_load_u8", "input_load_u64",
            "output_set", "output_offset", "output_length", "error_set", "error_get",
            "memory_bytes", "get_log_level", "http_status_code", "http_headers",
        ),
        "",
    ),
    **dict.fromkeys(("log_trace", "log_debug", "log_info", "log_warn", "log_error"), "log.write"),
    "config_get": "config.get",
    "var_get": "kv.get",
    "var_set": "kv.set kv.delete",
    "http_request": _EXCHANGE,
}  # fmt: skip
"""Extism's functions: what of lion's each needs."""

_CLOCKS: Final = "clock.now clock.monotonic"
WASI_NEEDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "clock_res_get",
            "sched_yield", "fd_advise", "fd_close", "fd_fdstat_get", "fd_fdstat_set_flags",
            "fd_fdstat_set_rights", "fd_prestat_get", "fd_prestat_dir_name", "fd_renumber",
            "fd_tell", "proc_exit", "proc_raise", "sock_accept", "sock_recv", "sock_send",
            "sock_shutdown",
        ),
        "",
    ),
    "clock_time_get": _CLOCKS,
    "random_get": "random.bytes",
    "poll_oneoff": f"clock.sleep {_CLOCKS}",
    "path_create_directory": "fs.make-dir",
    "path_filestat_get": "fs.stat",
    "path_filestat_set_times": f"fs.set-times {_CLOCKS}",
    "path_link": "fs.link",
    "path_open": "fs.open fs.stat fs.[resource-drop]file",
    "path_readlink": "fs.readlink",
    "path_remove_directory": "fs.remove-dir",
    "path_rename": "fs.rename",
    "path_symlink": "fs.symlink",
    "path_unlink_file": "fs.unlink",
    "fd_write": "log.write",
    "fd_filestat_get": "fs.stat",
    "fd_readdir": "fs.list fs.stat",
}  # fmt: skip
"""WASI preview 1's functions, the same."""

_STAT: Final = "fs.[method]file.stat"
OPENED_NEEDS: Final[Mapping[str, str]] = {
    "fd_allocate": f"fs.[method]file.set-size {_STAT}",
    "fd_datasync": "fs.[method]file.sync",
    "fd_sync": "fs.[method]file.sync",
    "fd_filestat_get": _STAT,
    "fd_filestat_set_size": "fs.[method]file.set-size",
    "fd_filestat_set_times": f"fs.[method]file.set-times {_CLOCKS}",
    "fd_pread": "fs.[method]file.read-at",
    "fd_read": "fs.[method]file.read-at",
    "fd_pwrite": "fs.[method]file.write-at",
    "fd_write": "fs.[method]file.write-at fs.[method]file.append",
    "fd_seek": _STAT,
}
"""What they need besides in a plug-in that can open files."""

PRESENT: Final = {ENV: frozenset(ENV_NEEDS), WASI: frozenset({*WASI_NEEDS, *OPENED_NEEDS})}
"""What an imported module's functions may be called."""

INTERNAL: Final = frozenset(
    ("_initialize", "hs_init", "malloc", "free", "calloc", "realloc", "_start",
     "__wasm_call_ctors", "__wasm_call_dtors", "cabi_realloc")
)  # fmt: skip
"""Exports that compilers add and nobody calls by name."""


def needs_of(asked: Iterable[tuple[str, str]], opens: bool = False) -> set[str]:
    """What of lion's these imports (module, name) need, as `fs.open`; `opens` whether the plug-in
    can open files, if that is not among them.
    """
    names = set(asked)
    opens = opens or (WASI, "path_open") in names
    needs: set[str] = set()
    for module, name in names:
        tables = [ENV_NEEDS] if module == ENV else [WASI_NEEDS] if module == WASI else []
        if module == WASI and opens:
            tables.append(OPENED_NEEDS)
        for table in tables:
            needs.update(table.get(name, "").split())
    return needs


def host_name(interface: str, function: str) -> str:
    """`fs.open` of `lion:host/fs@0.1.0`, `open`."""
    return f"{interface.removeprefix(HOST).partition('@')[0]}.{function}"


def labels(names: Iterable[str], what: str) -> Iterator[tuple[str, str]]:
    """Names with their labels. Raises GuestError where two have the same, or one has none."""
    seen: dict[str, str] = {}
    for name in names:
        short = label(name)
        if not short:
            raise GuestError(
                f"{what} {show_line(name)!r} has no letter in its name", ending="world"
            )
        if short in seen:
            both = f"{show_line(seen[short])!r} and {show_line(name)!r}"
            raise GuestError(f"{what} {both} are both {short} here", ending="world")
        seen[short] = name
        yield name, short
