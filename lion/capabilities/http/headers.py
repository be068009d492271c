"""Look here if you want to know which headers a request may carry, and which an answer keeps.

Rule: whatever says where a message begins and ends, and to whom it goes, is the door's alone.
Rule: what can make another method, path, host or sender of a request at a server is sent only if
the grant names that header: what is decided is what the server sees. So is a name that a server
could take for another one (`x_forwarded_for`).
Rule: where a secret goes, nobody chooses a part of the answer: pieces of what a server echoes
would be too short to be found.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from lion.capabilities.bounds import check_size
from lion.domain.call import CallError

Header = tuple[str, str]

MOST_BYTES: Final = 16 * 1024
MOST_HEADERS: Final = 128
MOST_ANSWER_BYTES: Final = 64 * 1024

OURS: Final = frozenset(
    {
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
        "upgrade", "expect", "http2-settings", "proxy-authorization", "proxy-authenticate",
        "proxy-connection",
    }
)  # fmt: skip
"""Refused from whoever asks; taken off answers, save content-length of one not compressed."""

HARMLESS: Final = frozenset(
    {
        "accept", "accept-language", "cache-control", "content-language", "content-type",
        "if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "pragma", "range",
        "user-agent",
    }
)  # fmt: skip
"""What is kept across origins; anything else could be a credential."""

_STEERS: Final = frozenset({"forwarded", "override", "original", "rewrite", "rewritten", "envoy"})
"""Words of names that say what a request is in place of its line: `x-original-url`."""

_STEERING: Final = frozenset(
    {
        "client-ip", "x-client-ip", "x-cluster-client-ip", "x-real-ip", "x-remote-addr",
        "x-remote-user", "x-remote-ip", "x-http-method", "x-method", "x-host", "x-http-host",
        "x-http-host-override", "x-script-name", "x-path-info", "x-url-scheme",
    }
)  # fmt: skip

_PARTIAL: Final = frozenset({"a-im", "im", "range-unit"})
_RANGES: Final = frozenset({"range", "ranges"})
"""Words of names that ask for a part: `if-range`, `request-range`, `x-ms-range`."""

_PLAIN_NAME = re.compile(r"[0-9a-z-]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


def parse_headers(text: str) -> tuple[Header, ...]:
    """Headers of lines `name: value`. Raises CallError("invalid")."""
    check_size("the headers of a request", text, most=MOST_BYTES)
    pairs = []
    for line in text.split("\n"):
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise CallError("invalid", f"{line[:40]!r} is no header; write `name: value`")
            pairs.append((name, value.strip(" \t\r")))
    return check_headers(pairs)


def check_headers(headers: Iterable[Header]) -> tuple[Header, ...]:
    """The headers with names in lower case. Raises CallError("invalid")."""
    checked = tuple((name.lower(), value) for name, value in headers)
    if len(checked) > MOST_HEADERS:
        raise CallError("invalid", f"a request has at most {MOST_HEADERS} headers")
    for name, value in checked:
        if not _NAME.fullmatch(name):
            raise CallError("invalid", f"{name[:40]!r} is no name of a header")
        if not _VALUE.fullmatch(value):
            words = f"the header {name!r} has characters other than printable ASCII"
            raise CallError("invalid", words)
        if name in OURS:
            raise CallError("invalid", f"the header {name!r} is the host's to write")
    # The door asks for what it can read, count and look through.
    return tuple(pair for pair in checked if pair[0] != "accept-encoding")


def steers(name: str) -> bool:
    """Whether a header could change what a request is at a server, or be taken for another."""
    words = name.split("-")
    return not _PLAIN_NAME.fullmatch(name) or name in _STEERING or not _STEERS.isdisjoint(words)


def check_steering(headers: Iterable[Header], granted: Collection[str]) -> None:
    """Raise CallError("denied") for a header that steers and that no grant names."""
    for name, _ in headers:
        if name not in granted and steers(name):
            words = f"the header {name!r} can change what a request is at a server"
            raise CallError("denied", f"{words}; a grant names it: headers = [{name!r}]")


def check_whole(headers: Iterable[Header]) -> None:
    """Raise CallError("denied") for a header that asks for a part of an answer."""
    for name, _ in headers:
        words = re.split("[^0-9a-z]", name)
        if name in _PARTIAL or not _RANGES.isdisjoint(words):
            raise CallError(
                "denied", f"the header {name!r} asks for a part, and a secret goes along"
            )


def kept_across(headers: Sequence[Header], *, with_body: bool) -> tuple[Header, ...]:
    """What a redirect to another origin is told."""
    return tuple(
        (name, value)
        for name, value in headers
        if name in HARMLESS and (with_body or not name.startswith("content-"))
    )


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> tuple[Header, ...]:
    """An answer's headers, names in lower case. Raises CallError("protocol") for too many."""
    pairs = tuple((n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in raw)
    if sum(len(name) + len(value) + 4 for name, value in pairs) > MOST_ANSWER_BYTES:
        raise CallError("protocol", f"the answer's head has more than {MOST_ANSWER_BYTES:,} bytes")
    return pairs


def answer_headers(headers: Iterable[Header], *, is_packed: bool) -> tuple[Header, ...]:
    """What of an answer's headers is true for its reader."""
    gone = OURS | {"content-encoding"} if is_packed else OURS - {"content-length"}
    return tuple(pair for pair in headers if pair[0] not in gone)


def locations(raw: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
    """The places an answer sends on to, as URL references; bytes that are no UTF-8 as surrogates.

    Two that differ are two answers: whoever follows has to refuse them.
    """
    values = (value.strip(b" \t") for name, value in raw if name.lower() == b"location")
    return tuple(dict.fromkeys(value.decode("utf-8", "surrogateescape") for value in values))


def find(headers: Iterable[Header], name: str) -> str | None:
    """The first header of this name."""
    return next((value for each, value in headers if each == name), None)
