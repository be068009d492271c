"""Look here if you want to know which URLs lion takes, and how two spellings become one.

Rule: a URL is normalised once; what is decided is what is sent, byte for byte.
Rule: normalising twice changes nothing.
Rule: what two parsers could read differently is refused: user names, backslashes, control
characters, numbers that some take for an address.
Rule: an encoded slash in a path is sent as it is, and never beside dots that would lead elsewhere
for who decodes it. Whether a grant means it, http_match.py says.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from typing import Final

import msgspec

LONGEST = 8_192
"""Characters of a URL, before and after it is normalised."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_NAT64: Final = IPv6Network("64:ff9b::/96")
_METHOD = re.compile("[A-Z][A-Z-]{0,31}")
_REFUSED_METHODS = ("CONNECT", "TRACE")
_SPLIT = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL
)
_PLACE = re.compile(
    r"((?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*|[A-Za-z][A-Za-z0-9+.-]*:)?(.*)", re.DOTALL
)
_PORT = re.compile("[0-9]{1,5}")
_LABEL = re.compile("(?!-)[a-z0-9_-]{1,63}(?<!-)")
_ESCAPE = re.compile("%(.{0,2})", re.DOTALL)
_HEX = re.compile("[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT = _UNRESERVED | frozenset(b"!$&'()*+,;=:@/?%[]")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]]*")
"""Text that is in normal form already: most of what comes."""
_CONTROL = re.compile("[\x00-\x20\x7f]")
_REFUSED_ESCAPES = {"%5C": "backslash", "%00": "NUL"}
ENCODED_SLASH: Final = "%2F"


class BadUrl(ValueError):
    """A URL or method that lion does not take; the sentence tells why."""


class Url(msgspec.Struct, frozen=True):
    """A URL in normal form. `host` is lower case and ASCII (an IPv6 address without brackets),
    `port` always there, `query` None if there is no `?`.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str | None = None

    @property
    def origin(self) -> str:
        """`https://api.example.com`, with the port if it is not the scheme's own."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """What goes into `Host`: `api.example.com` or `127.0.0.1:8000`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def resource(self) -> str:
        """What goes into the request line: path and query."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def text(self) -> str:
        """The whole URL in normal form."""
        return self.origin + self.resource


def parse_url(text: str) -> Url:
    """Read and normalise an absolute URL. Raises BadUrl."""
    if len(text) > LONGEST:
        raise BadUrl(f"a URL has at most {LONGEST:,} characters, this one has {len(text):,}")
    if _CONTROL.search(text):
        raise BadUrl("a URL has no spaces and no control characters")
    if "\\" in text:
        raise BadUrl("a URL has no backslash")
    found = _SPLIT.fullmatch(text)
    if found is None:
        raise BadUrl("this is no absolute URL; write http://host/path or https://host/path")
    scheme = found[1].lower()
    if scheme not in DEFAULT_PORTS:
        raise BadUrl(f"the scheme {scheme!r} is not http or https")
    host, port = _authority(found[2], scheme)
    query = None if found[4] is None else _escaped(found[4])
    url = Url(scheme, host, port, normal_path(found[3]), query)
    if len(url.text) > LONGEST:
        raise BadUrl(f"a URL has at most {LONGEST:,} characters in normal form")
    return url


def parse_method(text: str) -> str:
    """A method in upper case. Raises BadUrl."""
    method = text.upper() if text.isascii() else text
    if not _METHOD.fullmatch(method):
        raise BadUrl(f"{text[:40]!r} is no method")
    if method in _REFUSED_METHODS:
        raise BadUrl(f"the method {method} is not offered")
    return method


def resolve(base: Url, reference: str) -> Url:
    """The URL a redirect names, relative to where it came from. Raises BadUrl.

    Servers write raw characters where escapes belong: they are escaped here, before anything is
    decided, spaces and bytes that are no UTF-8 (surrogates, by PEP 383) as well.
    """
    origin, rest = _PLACE.fullmatch(reference.strip(" ")).groups("")  # type: ignore[union-attr]
    reference = origin + rest.replace(" ", "%20")
    if re.match("[A-Za-z][A-Za-z0-9+.-]*:", reference):
        return parse_url(reference)
    reference = reference.partition("#")[0]
    if reference.startswith("//"):
        return parse_url(f"{base.scheme}:{reference}")
    if reference.startswith("/"):
        return parse_url(base.origin + reference)
    if reference.startswith("?"):
        return parse_url(base.origin + base.path + reference)
    if not reference:
        return base
    return parse_url(base.origin + base.path.rpartition("/")[0] + "/" + reference)


def normal_path(text: str) -> str:
    """A path with unreserved characters decoded, others encoded, dot segments gone, at least `/`.

    Raises BadUrl.
    """
    path = _escaped(text)
    for escape, name in _REFUSED_ESCAPES.items():
        if escape in path:
            raise BadUrl(f"a path has no encoded {name} ({escape})")
    path = without_dots(path) or "/"
    if ENCODED_SLASH in path and without_dots(slashes_decoded(path)) != slashes_decoded(path):
        raise BadUrl(f"a path has no dots beside an encoded slash ({ENCODED_SLASH})")
    return path


def slashes_decoded(path: str) -> str:
    """A path in normal form as those read it for whom an encoded slash is a slash."""
    return path.replace(ENCODED_SLASH, "/")


def normal_query(text: str) -> str:
    """A query with unreserved characters decoded and others encoded. Raises BadUrl."""
    return _escaped(text)


def normal_host(text: str) -> str:
    """A host in lower case, ASCII, without its trailing dot. Raises BadUrl."""
    if text.startswith("["):
        return _ipv6(text)
    host = (text if text.isascii() else _idna(text)).lower().removesuffix(".")
    labels = host.split(".")
    if not host or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise BadUrl(f"{text[:80]!r} is no host")
    # 127.1, 0x7f.0.0.1 and 2130706433 are addresses for some and names for others.
    if labels[-1].isdigit() or re.fullmatch("0x[0-9a-f]*", labels[-1]):
        return _ipv4(host)
    return host


def _authority(text: str, scheme: str) -> tuple[str, int]:
    if "@" in text:
        raise BadUrl("a URL has no user name or password; secrets go into headers")
    if "%" in text:
        raise BadUrl("a host has no percent sign")
    host, colon, port = text, "", ""
    if not text.endswith("]"):
        head, colon, tail = text.rpartition(":")
        host, port = (head, tail) if colon else (text, "")
    if not port:
        return normal_host(host), DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65_535:
        raise BadUrl(f"{port[:20]!r} is no port")
    return normal_host(host), int(port)


def _ipv6(text: str) -> str:
    try:
        if text.endswith("]") and "%" not in text:
            return _one_form(IPv6Address(text[1:-1]))
    except AddressValueError:
        pass
    raise BadUrl(f"{text[:80]!r} is no IPv6 address")


def _one_form(address: IPv6Address) -> str:
    """An address as rules name it: what stands for an IPv4 address here (RFC 4291, 2.5.5.2) is
    that one, and by a translator (RFC 6052) it is to be written as that one.
    """
    if address.is_unspecified:
        raise BadUrl("'[::]' is every address of a machine, and no server's")
    if address.ipv4_mapped is not None:
        return _ipv4(str(address.ipv4_mapped))
    if address in _NAT64:
        raise BadUrl(f"'[{address}]' is an IPv4 address for a translator; write that address")
    return address.compressed


def _ipv4(host: str) -> str:
    try:
        address = IPv4Address(host)
    except AddressValueError:
        raise BadUrl(f"{host[:80]!r} is no IPv4 address of four decimal numbers") from None
    if address.is_unspecified:
        raise BadUrl("'0.0.0.0' is every address of a machine, and no server's")
    return str(address)


def _idna(text: str) -> str:
    import idna

    try:
        return idna.encode(text, uts46=True).decode()
    except UnicodeError:  # idna's own are of it
        raise BadUrl(f"{text[:80]!r} is no international host name") from None


def _escaped(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    try:
        data = _decoded(text).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadUrl("a URL has no half of a surrogate pair") from None
    return "".join(f"%{b:02X}" if b not in _KEPT else chr(b) for b in data)


def _decoded(text: str) -> str:
    """Escapes of unreserved characters decoded, all others in upper case."""

    def one(found: re.Match[str]) -> str:
        if not _HEX.fullmatch(found[1]):
            raise BadUrl(f"a percent sign is followed by two hexadecimal digits, not {found[1]!r}")
        byte = int(found[1], 16)
        return chr(byte) if byte in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(one, text)


def decoded_again(path: str) -> str:
    """A path with the escapes decoded that another round of decoding leaves; what is no escape
    stays.
    """
    return _ESCAPE.sub(_unreserved, path)


def _unreserved(found: re.Match[str]) -> str:
    is_escape = _HEX.fullmatch(found[1]) and int(found[1], 16) in _UNRESERVED
    return chr(int(found[1], 16)) if is_escape else found[0]


def without_dots(path: str) -> str:
    """A path without segments `.` and `..`."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        if segment == "..":
            del kept[-1:]
        if segment not in (".", ".."):
            kept.append(segment)
        elif is_last:
            kept.append("")
    return "/" + "/".join(kept) if path else ""
