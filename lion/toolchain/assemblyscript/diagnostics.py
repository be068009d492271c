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
_NO_CLASS = re.compile(r"Module 'assembly/([\w-]+)' has no exported member '(\w+)'")
_BINDINGS = "assembly/bindings/"
_ENTRY = f"{_BINDINGS}entry.ts"
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
    wrong = _wrong_export(file, line, what, bindings)
    if wrong is not None:
        author, should = wrong
        return OperatorError(
            f"{_asked_for(folder, author, should)}: {what}",
            hint=_as_it_should_be(should),
            diagnostics=words,
        )
    return OperatorError(f"{file}:{line}:{column}: {what}", hint="", diagnostics=words)


def _wrong_export(file: str, line: int, what: str, bindings: Bindings) -> tuple[str, str] | None:
    """The author's file, and the function or class as it should be there: a class that is not
    there, or what the comment above the wrapper says.
    """
    missing = _NO_CLASS.match(what)
    if missing and file.startswith(_BINDINGS):
        should = bindings.classes.get((missing[1], missing[2]))
        return (f"{missing[1]}.ts", should) if should else None
    lines = bindings.files["entry.ts"].splitlines()[:line] if file == _ENTRY else []
    for text in reversed(lines):
        found = re.fullmatch(r"// ([\w-]+\.ts): (export (?:function|class) .+)", text)
        if found:
            return found[1], found[2]
    return None


def _as_it_should_be(should: str) -> str:
    member = re.fullmatch(r"export class (\w+) \{ (.+[^;]) \}", should)
    if member is not None:
        return f"the class {member[1]} should have: {member[2]} {{ ... }}"
    return f"it should be: {should}" + ("" if should.endswith("}") else " { ... }")


def _asked_for(folder: Path, author: str, should: str) -> str:
    """What is wrong in the author's file; with the line, if the class is there."""
    class_ = re.match(r"export class (\w+)", should)
    if class_ is not None:
        path = folder / "assembly" / author
        source = path.read_text("utf-8").splitlines() if path.exists() else []
        for number, text in enumerate(source, 1):
            if re.match(rf"(?:@\w+\s+)*export class {class_[1]}\b", text):
                return f"assembly/{author}:{number}: the class is not what its world asks for"
    return f"assembly/{author} does not have the export its world asks for"


def wit_error(words: str, source: WitSource) -> OperatorError:
    """What the WIT parser said, with the first of our lines that has the name it is about."""
    what = _reason(words).replace(f" {OUTERMOST}", "")
    named = re.search(r"`([^`]+)`|'([^']+)'", what)
    name = (named[1] or named[2]).partition("@")[0] if named else ""
    return OperatorError(f"{_place(name, source)}: the WIT is wrong: {what}", diagnostics=words)


def _reason(words: str) -> str:
    """The first paragraph; if that only says where the tool was, the last of its causes."""
    first, _, rest = words.partition("\n\n")
    causes = re.findall(r"^\s*(?:\d+: )?(\S.*)$", rest.partition("Caused by:")[2], re.MULTILINE)
    is_about_the_tool = first.startswith(("Failed to decode", "failed to encode"))
    what = causes[-1] if is_about_the_tool and causes else first
    return " ".join(what.partition(" (at offset")[0].split()) or "it is refused"


def world_error(error: GuestError, source: WitSource) -> OperatorError:
    """What a world has that the bindings cannot carry; the sentence begins with the item."""
    item = error.facts.get("item", error.what.partition(": ")[0].rpartition(".")[2])
    item = item.rpartition("]")[2]
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
