"""Look here if you want to know what an Extism manifest may say, and what of lion's each of it is.

    {"wasm": [{"path": "lib.wasm", "name": "lib"}, {"path": "main.wasm", "hash": "<sha256>"}],
     "config": {...}, "memory": {"max_pages": 16, "max_var_bytes": 65536},
     "allowed_hosts": ["*.example.com"], "allowed_paths": {"ro:data": "/data"}, "timeout_ms": 5000}

Source: extism.org/docs/concepts/manifest and its Rust types (extism-manifest 1.x).

Rule: what is here becomes a manifest's tables, so it is checked, granted, limited and shown as
those are; what lion does not do is refused by name.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import MIB
from lion.errors import OperatorError
from lion.values.core_modules import MOST

PAGE: Final = 64 * 1024
VARS: Final = MIB
"""Bytes of variables where the manifest says nothing, as in Extism."""
READ_ONLY: Final = "ro:"
_HASH: Final = r"^[0-9a-fA-F]{64}$"
_NO_GLOB: Final = re.compile(r"[?\[\]{}!]")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**40)]


class Wasm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One module: a file, or base64 in place."""

    path: str | None = None
    data: str | None = None
    name: str | None = None
    hash: Annotated[str, msgspec.Meta(pattern=_HASH)] | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    method: str | None = None


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_pages: Annotated[int, msgspec.Meta(ge=1, le=65_536)] | None = None
    max_http_response_bytes: Count | None = None
    max_var_bytes: Count | None = None


class ExtismManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    wasm: list[Wasm]
    memory: Memory | None = None
    config: dict[str, str] = {}
    allowed_hosts: list[str] | None = None
    allowed_paths: dict[str, str] | None = None
    timeout_ms: Annotated[int, msgspec.Meta(ge=1, le=2**40)] | None = None


def parse_extism(text: str | bytes, origin: str) -> ExtismManifest:
    """Read a manifest of Extism's. Raises OperatorError."""
    try:
        found = msgspec.json.decode(text, type=ExtismManifest)
    except msgspec.ValidationError as exc:
        raise OperatorError(
            f"the Extism manifest {origin!r}: {exc}", hint=_nearest(str(exc))
        ) from None
    except (msgspec.DecodeError, RecursionError) as exc:
        raise OperatorError(
            f"the Extism manifest {origin!r} is no JSON: {exc}",
            hint='write {"wasm": [{"path": "plugin.wasm"}]}',
        ) from None
    _check_modules(found, origin)
    return found


def _nearest(words: str) -> str:
    named = re.search(r"unknown field `(.*?)`", words)
    if named is None:
        return "see extism.org/docs/concepts/manifest"
    kinds = (ExtismManifest, Wasm, Memory)
    known = [field for kind in kinds for field in kind.__struct_fields__]
    return did_you_mean(named[1], known)


def _check_modules(found: ExtismManifest, origin: str) -> None:
    if not 1 <= len(found.wasm) <= MOST:
        raise OperatorError(
            f"the Extism manifest {origin!r} has {len(found.wasm)} modules",
            hint=f"name 1 to {MOST} under wasm",
        )
    for number, one in enumerate(found.wasm):
        where = f"wasm[{number}] of the Extism manifest {origin!r}"
        if one.url is not None or one.headers or one.method:
            raise OperatorError(
                f"{where} is at a URL, and lion fetches no code: {one.url or ''}",
                hint='fetch it yourself, then write "path" and its "hash"',
            )
        if (one.path is None) == (one.data is None):
            raise OperatorError(
                f"{where} needs either path or data", hint='write "path": "plugin.wasm"'
            )


def module_names(found: ExtismManifest) -> list[str]:
    """What its modules are called: the last one is the main one unless another has that name."""
    last = len(found.wasm) - 1
    has_main = any(one.name == "main" for one in found.wasm)
    return [
        one.name or ("main" if i == last and not has_main else f"module-{i}")
        for i, one in enumerate(found.wasm)
    ]


def extism_tables(found: ExtismManifest, name: str, path: Path, *, keeps: bool) -> dict[str, Any]:
    """The manifest's tables: one plugin, with what it is granted; `keeps` whether its modules use
    variables. Raises OperatorError.
    """
    memory = found.memory or Memory()
    allow: dict[str, Any] = {}
    held = VARS if memory.max_var_bytes is None else memory.max_var_bytes
    if held and keeps:
        allow["kv"] = {"bytes": f"{held} B"}
    if found.allowed_hosts:
        allow["http"] = [
            grant
            for host in found.allowed_hosts
            for grant in _http(host, memory.max_http_response_bytes, str(path))
        ]
    if found.allowed_paths:
        allow["fs"] = [_mount(host, guest) for host, guest in found.allowed_paths.items()]
    limits: dict[str, Any] = {}
    if found.timeout_ms is not None:
        limits["deadline"] = f"{found.timeout_ms} ms"
    if memory.max_pages is not None:
        # Each module's memory has its share, and so has the adapter's.
        wanted = memory.max_pages * PAGE * (len(found.wasm) + 1)
        limits["memory"] = f"{max(wanted, 64 * MIB)} B"
    holder = {"component": str(path), "allow": allow, "limits": limits, "config": found.config}
    return {
        "name": name,
        "plugins": {name: {key: value for key, value in holder.items() if value}},
    }


def _http(host: str, most: int | None, origin: str) -> list[Any]:
    """The grants of a host: every method and path at it."""
    stars, dot, rest = host.partition(".")
    is_plain = "*" not in host or host == "*" or (stars == "*" and dot and "*" not in rest)
    if not is_plain or _NO_GLOB.search(host) or not host or re.search(r"[\s/@#]", host):
        raise OperatorError(
            f"the Extism manifest {origin!r} allows the hosts {host!r}, no pattern of lion's",
            hint='write a host, "*.example.com", or "*"',
        )
    urls = [f"* {scheme}://{host}/**" for scheme in ("http", "https")]
    return [url if most is None else {"url": url, "bytes-in": f"{most} B"} for url in urls]


def _mount(host: str, guest: str) -> dict[str, Any]:
    at = host.removeprefix(READ_ONLY)
    path = guest if guest.startswith("/") else f"/{guest}"
    return {"path": path, "at": at, "write": at == host}
