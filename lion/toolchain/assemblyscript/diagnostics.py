"""Look here if you want to know how the words of asc and of the WIT parser become an error that
says file, line and what to do.
"""

import re
from pathlib import Path

from lion.errors import GuestError, OperatorError
from lion.toolchain.assemblyscript.generate import Bindings
from lion.toolchain.assemblyscript.wit import WitSource

_ERROR = re.compile(r"^(?:ERROR|FAILURE)\s*(?:[A-Z]+\d+)?:?\s*(.+)$", re.MULTILINE)
_PLACE = re.compile(r"in ([^()\s]+)\((\d+),(\d+)\)")
_ENTRY = "assembly/bindings/entry.ts"
OUTERMOST = "lion:outermost"
"""The package that compile.mjs puts around the others."""


def compiler_error(words: str, folder: Path, bindings: Bindings) -> OperatorError:
    """What asc said: the first place by file and line in the sentence, all of it after that."""
    place = _PLACE.search(words)
    first = _ERROR.search(words)
    what = first[1].strip() if first else words.strip().splitlines()[0]
    if place is None:
        return OperatorError(f"AssemblyScript in {str(folder)!r}: {what}", diagnostics=words)
    file, line, column = place[1], int(place[2]), int(place[3])
    if file == _ENTRY:
        wrong = _wrong_export(line, bindings)
        if wrong is not None:
            return OperatorError(
                f"assembly/{wrong[0]} does not have the export its world asks for: {what}",
                hint=f"it should be: {wrong[1]} {{ ... }}",
                diagnostics=words,
            )
    return OperatorError(f"{file}:{line}:{column}: {what}", hint="", diagnostics=words)


def _wrong_export(line: int, bindings: Bindings) -> tuple[str, str] | None:
    """The author's file and the function as it should be, from the comment above the wrapper."""
    lines = bindings.files["entry.ts"].splitlines()[:line]
    for text in reversed(lines):
        found = re.fullmatch(r"// ([\w-]+\.ts): (export function .+)", text)
        if found:
            return found[1], found[2]
    return None


def wit_error(words: str, source: WitSource) -> OperatorError:
    """What the WIT parser said, with the first of our lines that has the name it is about."""
    what = " ".join(words.split("\n\n")[0].split()) or "it is refused"
    what = what.replace(f" {OUTERMOST}", "")
    named = re.search(r"`([^`]+)`|'([^']+)'", what)
    name = (named[1] or named[2]).partition("@")[0] if named else ""
    return OperatorError(f"{_place(name, source)}: the WIT is wrong: {what}", diagnostics=words)


def world_error(error: GuestError, source: WitSource) -> OperatorError:
    """What a world has that the bindings cannot carry; the sentence begins with the item."""
    item = error.what.partition(": ")[0].rpartition(".")[2].rpartition("]")[2]
    what = f"the world {source.world!r} cannot be carried: {error.what}"
    return OperatorError(f"{_place(item, source)}: {what}", hint=error.hint)


def _place(name: str, source: WitSource) -> str:
    place = _find(name, source) if name else None
    return f"{place[0]}:{place[1]}" if place else str(source.files[0])


def _find(name: str, source: WitSource) -> tuple[Path, int] | None:
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    for path in source.files:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if pattern.search(line.partition("//")[0]):
                return path, number
    return None
