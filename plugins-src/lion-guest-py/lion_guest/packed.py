"""Bytes as they cross: a string whose last character says what the rest is."""

from base64 import b64decode, b64encode

READ = 256 * 1024
"""The most that one call brings, in bytes of content."""
ROOM = 48 * 1024
"""Bytes that fit into a piece however they are packed."""


def pack(content):
    """Text or bytes, for the host."""
    if isinstance(content, str):
        return content + "u"
    try:
        return bytes(content).decode() + "u"
    except UnicodeDecodeError:
        return b64encode(content).decode() + "b"


def unpack(packed):
    """The bytes that came."""
    if packed.endswith("b"):
        return b64decode(packed[:-1])
    return packed[:-1].encode()


def pieces(content):
    """Content in pieces that one call can carry each."""
    data = content.encode() if isinstance(content, str) else bytes(content)
    return (data[at : at + ROOM] for at in range(0, len(data), ROOM))
