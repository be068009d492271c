"""Look here if you want to know how the WIT of a folder becomes one source: its own package,
what is in `deps`, and lion's own interfaces.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lion.errors import OperatorError

LION_WIT = Path(__file__).parents[1] / "resources" / "wit"
"""The interfaces this lion lends."""
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+([^;{\s]+)[ \t]*([;{])", re.MULTILINE)
_WORLD = re.compile(r"^[ \t]*world[ \t]+%?([A-Za-z][A-Za-z0-9-]*)", re.MULTILINE)


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
    texts = [(path, _read(path)) for path in paths]
    found = (_declared(text) for _, text in texts)
    main = next(filter(None, found), None)
    if main is None:
        raise OperatorError(
            f"no file in {str(paths[0].parent)!r} says which package it is",
            hint="begin one with a line like: package my:plugin;",
        )
    for _, text in texts:
        for package, inner in _split(text, main):
            packages.setdefault(package, []).append(inner)
    return main


def _declared(text: str) -> str | None:
    return next((m[1] for m in _PACKAGE.finditer(text) if m[2] == ";"), None)


def _split(text: str, main: str) -> Iterator[tuple[str, str]]:
    """The file's own part, and each nested package's."""
    rest, at = "", 0
    for found in _PACKAGE.finditer(text):
        if found.start() < at:
            continue
        rest += text[at : found.start()]
        at = found.end()
        if found[2] == "{":
            end = _closing(text, at)
            yield found[1], text[at:end]
            at = end + 1
    yield main, rest + text[at:]


def _closing(text: str, at: int) -> int:
    """Where the brace that is open at `at` closes; comments do not count."""
    depth = 1
    for found in re.compile(r"//[^\n]*|/\*.*?\*/|[{}]", re.DOTALL).finditer(text, at):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return len(text)


def _world(texts: Sequence[str], package: str, name: str, folder: Path) -> str:
    worlds = [found for text in texts for found in _WORLD.findall(text)]
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
    return f"{bare}/{world}" + (f"@{version}" if version else "")
