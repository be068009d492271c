"""Look here if you want to know how a command writes a manifest: whole or not at all, and only
where a person said so.
"""

import os
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from lion.cli.screen import Screen
from lion.domain.text import show_line
from lion.errors import OperatorError, OutsideError

_COLOURS = {"+": "green", "-": "red"}


def render_diff(name: str, old: str, new: str, screen: Screen) -> Iterator[str]:
    """What differs, as `diff -u` says it; none for the same."""
    lines = unified_diff(
        old.splitlines(), new.splitlines(), name, f"{name} (changed)", lineterm="", n=2
    )
    for line in lines:
        shown = show_line(line, longest=400)
        colour = _COLOURS.get(line[:1]) if not line.startswith(("+++", "---")) else None
        yield shown if colour is None else screen.paint(shown, colour)


def check_target(target: Path, manifest: Path) -> None:
    """Raise OperatorError if a file of somebody's would be overwritten (only the manifest may), or
    there is no directory for it.
    """
    if not target.parent.is_dir():
        raise OperatorError(f"there is no directory {str(target.parent)!r}", hint="make it first")
    if target.exists() and not (manifest.exists() and target.samefile(manifest)):
        raise OperatorError(
            f"{str(target)!r} is there already", hint="name another file, or the manifest itself"
        )


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once, or make it; a link stays one. Raises OutsideError."""
    real = Path(os.path.realpath(path))
    try:
        mode = real.stat().st_mode & 0o777 if real.exists() else 0o644
        number, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)
            os.replace(name, real)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as exc:
        raise OutsideError(f"{str(path)!r} cannot be written: {exc.strerror}") from exc
