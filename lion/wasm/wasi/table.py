"""Look here if you want to know which of lion's functions stand behind each function of WASI 0.2.

Rule: what the composition imports is what this table says of the guest's own imports, no more;
any other function of lion's is closed to the adapter (compose.py), so the table cannot be wrong to
the guest's favour.
Rule: a function that is not here is refused by name.
Rule: what a stream or a pollable does is said where the guest gets it.
"""

from collections.abc import Mapping
from typing import Final

from lion.wasm.extism.abi import HOST

TRACK: Final = "@0.2."
"""What the versions of all interfaces begin with that the adapter has."""
RUN: Final = "wasi:cli/run"
HANDLER: Final = "wasi:http/incoming-handler"

_POLL: Final = "poll.wait"
_WRITE: Final = "fs.[method]file.write-at"
_APPEND: Final = "fs.[method]file.append"
_READ: Final = "fs.[method]file.read-at"
_FILE_STAT: Final = "fs.[method]file.stat"
_EXCHANGE: Final = (
    "http.start http.[method]exchange.write http.[method]exchange.finish "
    f"http.[method]exchange.head http.[method]exchange.read {_POLL}"
)
_SOCKET: Final = "log.write"


def _methods(resource: str, names: str, needs: str = "") -> dict[str, str]:
    return {f"[method]{resource}.{name}": needs for name in names.split()}


_STREAMS: Final = {
    **_methods("input-stream", "read blocking-read skip blocking-skip subscribe"),
    **_methods(
        "output-stream",
        "check-write write blocking-write-and-flush flush blocking-flush subscribe write-zeroes "
        "blocking-write-zeroes-and-flush splice blocking-splice",
    ),
}
_DESCRIPTOR: Final = {
    **_methods("descriptor", "advise get-flags get-type"),
    **_methods("descriptor", "read-via-stream read", _READ),
    **_methods("descriptor", "write-via-stream write", _WRITE),
    **_methods("descriptor", "append-via-stream", _APPEND),
    **_methods("descriptor", "sync sync-data", "fs.[method]file.sync"),
    **_methods("descriptor", "set-size", "fs.[method]file.set-size"),
    **_methods("descriptor", "set-times", "fs.[method]file.set-times fs.set-times clock.now"),
    **_methods("descriptor", "set-times-at", "fs.stat fs.set-times clock.now"),
    **_methods("descriptor", "stat is-same-object metadata-hash", f"fs.stat {_FILE_STAT}"),
    **_methods("descriptor", "stat-at metadata-hash-at", "fs.stat"),
    **_methods("descriptor", "open-at", "fs.open fs.stat"),
    **_methods("descriptor", "read-directory", "fs.list fs.stat"),
    **_methods("descriptor", "create-directory-at", "fs.make-dir"),
    **_methods("descriptor", "remove-directory-at", "fs.remove-dir"),
    **_methods("descriptor", "unlink-file-at", "fs.unlink"),
    **_methods("descriptor", "rename-at", "fs.rename"),
    **_methods("descriptor", "link-at", "fs.link"),
    **_methods("descriptor", "symlink-at", "fs.symlink"),
    **_methods("descriptor", "readlink-at", "fs.readlink"),
    **_methods("directory-entry-stream", "read-directory-entry"),
    "filesystem-error-code": "",
}
_MESSAGES: Final = {
    "http-error-code": "",
    "[constructor]fields": "",
    "[static]fields.from-list": "",
    **_methods("fields", "get has set delete append entries clone"),
    **_methods("incoming-request", "method path-with-query scheme authority headers consume"),
    "[constructor]outgoing-request": "",
    **_methods(
        "outgoing-request",
        "body method set-method path-with-query set-path-with-query scheme set-scheme authority "
        "set-authority headers",
    ),
    "[constructor]request-options": "",
    **_methods(
        "request-options",
        "connect-timeout set-connect-timeout first-byte-timeout set-first-byte-timeout "
        "between-bytes-timeout set-between-bytes-timeout",
    ),
    "[static]response-outparam.set": "",
    **_methods("incoming-response", "status headers consume"),
    **_methods("incoming-body", "stream"),
    "[static]incoming-body.finish": "",
    **_methods("future-trailers", "subscribe get"),
    "[constructor]outgoing-response": "",
    **_methods("outgoing-response", "status-code set-status-code headers body"),
    **_methods("outgoing-body", "write"),
    "[static]outgoing-body.finish": "",
    **_methods("future-incoming-response", "subscribe get"),
}
_TCP: Final = _methods(
    "tcp-socket",
    "start-bind finish-bind start-connect finish-connect start-listen finish-listen accept "
    "local-address remote-address is-listening address-family set-listen-backlog-size "
    "keep-alive-enabled set-keep-alive-enabled keep-alive-idle-time set-keep-alive-idle-time "
    "keep-alive-interval set-keep-alive-interval keep-alive-count set-keep-alive-count hop-limit "
    "set-hop-limit receive-buffer-size set-receive-buffer-size send-buffer-size "
    "set-send-buffer-size subscribe shutdown",
)
_UDP: Final = {
    **_methods(
        "udp-socket",
        "start-bind finish-bind stream local-address remote-address address-family "
        "unicast-hop-limit set-unicast-hop-limit receive-buffer-size set-receive-buffer-size "
        "send-buffer-size set-send-buffer-size subscribe",
    ),
    **_methods("incoming-datagram-stream", "receive subscribe"),
    **_methods("outgoing-datagram-stream", "check-send send subscribe"),
}

NEEDS: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:io/error": {"[method]error.to-debug-string": ""},
    "wasi:io/poll": {**_methods("pollable", "ready block"), "poll": ""},
    "wasi:io/streams": _STREAMS,
    "wasi:clocks/monotonic-clock": {
        "now": "clock.monotonic",
        "resolution": "",
        "subscribe-instant": f"clock.monotonic {_POLL}",
        "subscribe-duration": f"clock.monotonic {_POLL}",
    },
    "wasi:clocks/wall-clock": {"now": "clock.now", "resolution": ""},
    "wasi:random/random": {
        "get-random-bytes": "random.bytes", "get-random-u64": "random.bytes",
    },
    "wasi:random/insecure": {
        "get-insecure-random-bytes": "random.bytes", "get-insecure-random-u64": "random.bytes",
    },
    "wasi:random/insecure-seed": {"insecure-seed": "random.bytes"},
    "wasi:cli/environment": {
        "get-environment": "process.start", "get-arguments": "process.start", "initial-cwd": "",
    },
    "wasi:cli/exit": {"exit": "", "exit-with-code": ""},
    "wasi:cli/stdin": {"get-stdin": "process.start"},
    "wasi:cli/stdout": {"get-stdout": "output.text"},
    "wasi:cli/stderr": {"get-stderr": "log.write"},
    "wasi:cli/terminal-input": {},
    "wasi:cli/terminal-output": {},
    "wasi:cli/terminal-stdin": {"get-terminal-stdin": ""},
    "wasi:cli/terminal-stdout": {"get-terminal-stdout": ""},
    "wasi:cli/terminal-stderr": {"get-terminal-stderr": ""},
    "wasi:filesystem/types": _DESCRIPTOR,
    "wasi:filesystem/preopens": {"get-directories": "process.start"},
    "wasi:sockets/network": {},
    "wasi:sockets/instance-network": {"instance-network": ""},
    "wasi:sockets/tcp": _TCP,
    "wasi:sockets/tcp-create-socket": {"create-tcp-socket": _SOCKET},
    "wasi:sockets/udp": _UDP,
    "wasi:sockets/udp-create-socket": {"create-udp-socket": _SOCKET},
    "wasi:sockets/ip-name-lookup": {
        "resolve-addresses": _SOCKET,
        **_methods("resolve-address-stream", "resolve-next-address subscribe"),
    },
    "wasi:http/types": _MESSAGES,
    "wasi:http/outgoing-handler": {"handle": _EXCHANGE},
}  # fmt: skip
"""WASI's functions by interface: what of lion's each needs."""


def host_interface(need: str) -> tuple[str, str]:
    """Interface and function of a need: `lion:host/fs@0.1.0` and `open` of `fs.open`."""
    capability, _, function = need.partition(".")
    return f"{HOST}{capability}@0.1.0", function
