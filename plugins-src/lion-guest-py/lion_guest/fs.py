"""Files within the grants of the manifest, with lion's own errors. `open`, `pathlib` and `os` work
as well: there, what is not granted is not there.
"""

from .errors import Error, raised
from .interfaces import interface
from .packed import READ, ROOM, pack, pieces, unpack

_host = interface("fs")
_PAGE = 1_000
Kind = _host.Kind
Mode = _host.Mode


def mounts():
    """Where files may be."""
    return _host.mounts()


def read_bytes(path):
    """A whole file."""
    try:
        return unpack(_host.read(path))
    except Error as exc:
        if exc.code != "exhausted":
            raise
    with open_file(path) as file:
        return b"".join(file.pieces())


def read_text(path):
    """A whole file of UTF-8."""
    return read_bytes(path).decode()


def write(path, content):
    """Text or bytes as the whole file. Up to 48 KiB readers see the old or the new one."""
    data = content.encode() if isinstance(content, str) else bytes(content)
    if len(data) <= ROOM:
        _host.write(path, pack(data))
        return
    with open_file(path, Mode.WRITE | Mode.CREATE | Mode.TRUNCATE) as file:
        file.append(data)


def append(path, content):
    """Text or bytes at the end of a file, which is made if it is not there."""
    with open_file(path, Mode.WRITE | Mode.CREATE) as file:
        file.append(content)


def names(path):
    """The names in a directory, in byte order."""
    after = None
    while page := _host.list(path, after, _PAGE):
        yield from page
        after = page[-1]


def stat(path, follow=True):
    """Kind, size, links, and times in nanoseconds since 1970."""
    return _host.stat(path, follow)


def exists(path):
    """Whether something is there. Raises Error for what may not be asked."""
    try:
        stat(path)
    except Error as exc:
        if exc.code == "not-found":
            return False
        raise
    return True


def make_dirs(path):
    """A directory, and those above it; it may be there already."""
    roots = mounts()
    parts = path.strip("/").split("/")
    for count in range(1, len(parts) + 1):
        above = "/" + "/".join(parts[:count])
        if any(root == above or root.startswith(above + "/") for root in roots):
            continue
        try:
            _host.make_dir(above)
        except Error as exc:
            if exc.code != "exists":
                raise


def remove(path):
    """Remove a file."""
    _host.unlink(path)


def remove_dir(path):
    """Remove an empty directory."""
    _host.remove_dir(path)


def rename(old, new):
    """Rename within one grant, replacing what was there."""
    _host.rename(old, new)


def open_file(path, mode=None):
    """An open file, as a context."""
    return File(_host.open(path, Mode.READ if mode is None else mode))


class File:
    """Reads and writes at offsets."""

    def __init__(self, file):
        self._file = file

    def read_at(self, offset, length=READ):
        """At most 256 KiB from an offset; fewer only at the end."""
        with raised():
            return unpack(self._file.read_at(offset, length))

    def write_at(self, offset, content):
        """Text or bytes at an offset."""
        for piece in pieces(content):
            with raised():
                self._file.write_at(offset, pack(piece))
            offset += len(piece)

    def append(self, content):
        """Text or bytes at the end."""
        for piece in pieces(content):
            with raised():
                self._file.append(pack(piece))

    def pieces(self):
        """All of it, piece by piece."""
        offset = 0
        while piece := self.read_at(offset):
            yield piece
            offset += len(piece)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._file.__exit__(*exc)
