"""Look here if you want to know how the WIT of a folder becomes one source: its own package,
what is in `deps`, and lion's own interfaces.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lion.errors import OperatorError
from lion.toolchain.wit.tokens import Token, tokens, wit_error
from lion.values.wit import KEYWORDS

LION_WIT = Path(__file__).parents[1] / "resources" / "wit"
"""The interfaces this lion lends."""


class WitSource(NamedTuple):
    """All packages, nested in one text; the world with its package; the own files."""

    text: str
    world: str
    files: list[Path]


def wit_source(folder: Path, name: str, deps: Sequence[Path] = (LION_WIT,)) -> WitSource:
    """The packages of `folder` (a `wit` folder with `deps` in it) and of `deps`, and the world:
    the only one, or the one called `name`. A package that is found twice is taken where it is
    found first. Raises OperatorError.
    """
    own = sorted(folder.glob("*.wit"))
    if not own:
        raise OperatorError(
            f"there is no WIT in {str(folder)!r}",
            hint=f"write {folder / 'world.wit'}: package {name}:{name}; and a world",
        )
    packages: dict[str, list[str]] = {}
    main = _add(packages, own)
    alone = sorted((folder / "deps").glob("*.wit"))
    for path in alone:
        _add_missing(packages, [path])
    inner = sorted(p for p in folder.glob("deps/**/") if p.is_dir() and p != folder / "deps")
    for place in [*inner, *deps]:
        _add_missing(packages, sorted(place.glob("*.wit")))
    return WitSource(_nested(packages), _world(packages[main], main, name, folder), own)


def nested_packages(folders: Sequence[Path]) -> str:
    """The packages of some folders, nested in one text. Raises OperatorError."""
    packages: dict[str, list[str]] = {}
    for folder in folders:
        _add_missing(packages, sorted(folder.glob("*.wit")))
    return _nested(packages)


def _nested(packages: dict[str, list[str]]) -> str:
    each = (
        f"package {name} {{\n" + "\n".join(texts) + "\n}\n" for name, texts in packages.items()
    )
    return "\n".join(each)


def _add_missing(packages: dict[str, list[str]], paths: Sequence[Path]) -> None:
    """The packages of these files, those that are there already left as they are."""
    more: dict[str, list[str]] = {}
    if paths:
        _add(more, paths)
    for package, texts in more.items():
        packages.setdefault(package, texts)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise OperatorError(f"{str(path)!r} cannot be read: {exc}") from exc


def _add(packages: dict[str, list[str]], paths: Sequence[Path]) -> str:
    """Sort the files of one package, and packages nested in them, in. Gives the package's name."""
    parts = [part for path in paths for part in _parts(_read(path), path)]
    main = next((part.package for part in parts if part.package and not part.is_nested), None)
    if main is None:
        raise OperatorError(
            f"no file in {str(paths[0].parent)!r} says which package it is",
            hint="begin one with a line like: package my:plugin;",
        )
    for part in parts:
        packages.setdefault(part.package if part.is_nested else main, []).append(part.text)
    return main


class _Part(NamedTuple):
    """A piece of a file: a package that is nested in it, or what is not."""

    package: str
    is_nested: bool
    text: str


def _parts(text: str, path: Path) -> Iterator[_Part]:
    """The pieces of a file. Raises OperatorError for what is no WIT."""
    found = list(tokens(text, path))
    own, begin, package = "", found[0].begin if found else len(text), ""
    for at in _tops(found, "package"):
        end = next((n for n in range(at, len(found)) if found[n].text in ";{"), None)
        if end is None:
            raise wit_error(path, found[at].line, "a package without a name or a semicolon")
        name = "".join(text[t.begin : t.end] for t in found[at + 1 : end])
        own += text[begin : found[at].begin]
        begin = found[end].end
        if found[end].text == ";":
            package = name
            continue
        close = _closing(found, end)
        begin = found[close].end if close < len(found) else len(text)
        last = found[close].begin if close < len(found) else len(text)
        yield _Part(name, True, text[found[end].end : last])
    yield _Part(package, False, own + text[begin:])


def _tops(found: Sequence[Token], word: str) -> Iterator[int]:
    """Where this word stands outside of all brackets, and so begins an item."""
    depth = 0
    for at, token in enumerate(found):
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(token.text, 0)
        # Not `%package`, which is a name like any other.
        if depth == 0 and token.text == word and token.end - token.begin == len(word):
            yield at


def _closing(found: Sequence[Token], at: int) -> int:
    """Which token closes the brace at `at`; the number of tokens if none does."""
    depth = 0
    for number in range(at, len(found)):
        depth += {"{": 1, "}": -1}.get(found[number].text, 0)
        if depth == 0:
            return number
    return len(found)


def _worlds(text: str, path: Path) -> Iterator[str]:
    found = list(tokens(text, path))
    for at in _tops(found, "world"):
        yield from (token.text for token in found[at + 1 : at + 2])


def _world(texts: Sequence[str], package: str, name: str, folder: Path) -> str:
    worlds = [found for text in texts for found in _worlds(text, folder)]
    if not worlds:
        raise OperatorError(
            f"there is no world in {str(folder)!r}",
            hint=f"write one there: world {name} {{ include lion:host/plugin@0.1.0; }}",
        )
    if len(worlds) > 1 and name not in worlds:
        raise OperatorError(
            f"{str(folder)!r} has several worlds ({', '.join(sorted(worlds))}), and none is "
            f"called {name!r}",
            hint=f"call the plugin's own world {name!r}",
        )
    world = worlds[0] if len(worlds) == 1 else name
    bare, _, version = package.partition("@")
    return f"{bare}/{'%' if world in KEYWORDS else ''}{world}" + (f"@{version}" if version else "")
