"""A small store of its own, kept between runs."""

from .interfaces import interface
from .packed import pack, unpack

_host = interface("kv")
_PAGE = 1_000


def get(key):
    """The bytes under a key, or None."""
    found = _host.get(key)
    return None if found is None else unpack(found)


def text(key, default=None):
    """The text under a key."""
    found = get(key)
    return default if found is None else found.decode()


def put(key, value):
    """Store text or bytes."""
    _host.set(key, pack(value))


def delete(key):
    """Remove a key. True if it was there."""
    return _host.delete(key)


def keys(prefix=""):
    """All keys that begin with `prefix`, in byte order."""
    after = None
    while page := _host.list(prefix, after, _PAGE):
        yield from page
        after = page[-1]


def update(key, change):
    """Store what `change` makes of the bytes that are there (None if none are; None removes it),
    as one step whoever else writes. Returns what is there now.
    """
    while True:
        old = _host.get(key)
        new = change(None if old is None else unpack(old))
        if _host.compare_and_set(key, old, None if new is None else pack(new)):
            return new
