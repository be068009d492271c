"""Look here if you want to know what a folder is that `lion build` was given.

Rule: Cargo.toml says Rust, package.json AssemblyScript, or the language that it names ("lion":
{"language": "typescript"}), pyproject.toml Python, which is sandboxed where that says so
(`[tool.lion]` with `sandboxed = true`).

`lion-build.toml`, in the folder or in the one above it, is optional: `out` is where the component
goes (else the folder itself), `host` where lion's own WIT is (else `wit/deps/*`), `wit` where the
guest's own is (else `wit`); with `foreign` it runs on another host, so its imports are not judged;
with `empty` it is a component that imports all of its world and does nothing, made from WIT alone.
An AssemblyScript guest's package.json says so itself: `"lion": {"wit": ..., "world": ...}`.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.domain.names import did_you_mean
from lion.errors import OperatorError

SANDBOXED: Final = "sandboxed-python"
LANGUAGES: Final = {
    "rust": "Cargo.toml",
    "assemblyscript": "package.json",
    "python": "pyproject.toml",
    SANDBOXED: "pyproject.toml",
    "javascript": "package.json",
    "typescript": "package.json",
}
ON_NODE: Final = ("assemblyscript", "javascript", "typescript")
SETTINGS: Final = "lion-build.toml"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,100}")
_SETTINGS: Final = ("wit", "world", "language")
_KEYS: Final = {"out": str, "host": str, "wit": str, "foreign": bool, "empty": bool}


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A guest's source. `wit` is the folder of its own `world`, `deps` those of other packages;
    `component` is where it is to be. All paths are absolute.
    """

    folder: Path
    name: str
    world: str
    language: str
    wit: Path
    deps: tuple[Path, ...]
    component: Path
    is_foreign: bool = False


def find_projects(word: str) -> list[Project]:
    """The guest in a folder, or the guests in the folders in it. Raises OperatorError."""
    folder = Path(word).absolute()
    if not folder.is_dir():
        raise _no_folder(word, folder)
    language = language_of(folder)
    if language is not None and not (language == "rust" and is_virtual(folder)):
        return [_project(folder, language)]
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    found = [
        _project(path, lang)
        for path in inner
        if (lang := language_of(path)) and _is_guest(path, lang)
    ]
    if not found:
        files = ", ".join(dict.fromkeys(LANGUAGES.values()))
        raise OperatorError(
            f"{word!r} holds no plugin: there is none of {files} in it",
            hint=f"begin one with: lion new {word}/my-plugin --lang rust",
        )
    return found


def language_of(folder: Path) -> str | None:
    """The language of a folder's source, if it is one: of LANGUAGES, or `wit`."""
    if (folder / SETTINGS).is_file() and read_toml(folder / SETTINGS).get("empty") is True:
        return "wit"
    found = next((name for name, file in LANGUAGES.items() if (folder / file).is_file()), None)
    if found == "assemblyscript":
        return package_settings(folder).get("language", found)
    return SANDBOXED if found == "python" and _is_sandboxed(folder) else found


def _is_sandboxed(folder: Path) -> bool:
    """Whether a pyproject.toml is a guest's. Raises OperatorError for another word than true."""
    file = folder / LANGUAGES[SANDBOXED]
    said = table(table(read_toml(file), "tool"), "lion").get("sandboxed", False)
    if not isinstance(said, bool):
        raise OperatorError(
            f"{str(file)!r} has sandboxed = {said!r}", hint="write sandboxed = true, or leave it"
        )
    return said


def is_virtual(folder: Path) -> bool:
    """Whether a Cargo.toml is a workspace only, without a crate of its own."""
    return "package" not in read_toml(folder / "Cargo.toml")


def _is_guest(folder: Path, language: str) -> bool:
    """Whether a folder beside others is a guest, and not a library or a tool."""
    if language == "rust":
        kinds = table(read_toml(folder / "Cargo.toml"), "lib").get("crate-type")
        return isinstance(kinds, list) and "cdylib" in kinds
    if language == "python":
        points = table(table(read_toml(folder / "pyproject.toml"), "project"), "entry-points")
        return "lion.system" in points
    return (
        language in ("wit", SANDBOXED, "javascript", "typescript")
        or (folder / "assembly").is_dir()
    )


def _no_folder(word: str, folder: Path) -> OperatorError:
    if folder.exists():
        return OperatorError(
            f"{word!r} is a file, not a folder with a plugin's source",
            hint=f"name its folder: lion build {Path(word).parent}",
        )
    try:
        known = [path.name for path in folder.parent.iterdir() if path.is_dir()]
    except OSError:
        known = []
    guess = did_you_mean(folder.name, known) if known else ""
    begin = f"begin a plugin there with: lion new {word} --lang rust"
    return OperatorError(
        f"there is no folder {word!r}", hint=guess if guess.startswith("did") else begin
    )


def _project(folder: Path, language: str) -> Project:
    settings = _settings(folder)
    wit = settings.get("wit", folder / "wit")
    host = settings.get("host")
    name, world = _name(folder, language), ""
    if language in ON_NODE:
        said = package_settings(folder)
        wit, world = (folder / said.get("wit", wit)).resolve(), said.get("world", "")
    return Project(
        folder=folder,
        name=name,
        world=world or name,
        language=language,
        wit=wit,
        deps=tuple(d for d in (host,) if d is not None) + _deps(wit),
        component=settings.get("out", folder) / f"{name}.wasm",
        is_foreign=settings.get("foreign", False),
    )


def _deps(wit: Path) -> tuple[Path, ...]:
    deps = wit / "deps"
    return tuple(sorted(p for p in deps.iterdir() if p.is_dir())) if deps.is_dir() else ()


def _settings(folder: Path) -> dict[str, Any]:
    """What lion-build.toml says, here over above; paths are absolute."""
    said: dict[str, Any] = {}
    for place in (folder.parent, folder):
        file = place / SETTINGS
        if not file.is_file():
            continue
        for key, value in read_toml(file).items():
            kind = _KEYS.get(key)
            if kind is None:
                raise OperatorError(
                    f"{str(file)!r} has an unknown key {key!r}", hint=did_you_mean(key, _KEYS)
                )
            if not isinstance(value, kind) or (isinstance(value, str) and "\0" in value):
                raise OperatorError(
                    f"{key!r} in {str(file)!r} is {value!r}",
                    hint="write a path" if kind is str else "write true or false",
                )
            said[key] = (place / value).resolve() if isinstance(value, str) else value
    return said


def _name(folder: Path, language: str) -> str:
    if language == "wit":
        return folder.name
    file = folder / LANGUAGES[language]
    if language in ON_NODE:
        name = read_object(file).get("name")
    else:
        name = table(read_toml(file), "package" if language == "rust" else "project").get("name")
    if not isinstance(name, str) or not name:
        raise OperatorError(f"{str(file)!r} has no name", hint=f'write name = "{folder.name}"')
    name = re.sub(r"^@[^/]*/", "", name)
    if not _NAME.fullmatch(name):
        raise OperatorError(
            f"{str(file)!r} has the name {name!r}, which no file can have",
            hint=f'write name = "{folder.name}"',
        )
    return name


def package_settings(folder: Path) -> dict[str, str]:
    """What a package.json says of its WIT, its world and its language. Raises OperatorError."""
    file = folder / "package.json"
    said = read_object(file).get("lion", {})
    for key in _SETTINGS if isinstance(said, dict) else ("",):
        value = said.get(key, "") if key else said
        if not isinstance(value, str) or "\0" in value:
            raise OperatorError(
                f"{str(file)!r} has {value!r} as {'its ' + key + ' in ' if key else ''}'lion'",
                hint='write "lion": {"wit": "FOLDER", "world": "NAME"}',
            )
    language = said.get("language", ON_NODE[0])
    if language not in ON_NODE:
        raise OperatorError(
            f"{str(file)!r} has the language {language!r} in 'lion'",
            hint=f"write one of: {', '.join(ON_NODE)}",
        )
    return {key: said[key] for key in _SETTINGS if said.get(key)}


def table(value: dict[str, Any], key: str) -> dict[str, Any]:
    """What a key holds, if that is a table; else an empty one."""
    inner = value.get(key, {})
    return inner if isinstance(inner, dict) else {}


def shown(path: Path) -> str:
    """A path as a person here would write it: from here, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises OperatorError with the line of a mistake."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as exc:
        raise OperatorError(f"{str(path)!r} cannot be read: {exc}", hint="correct it") from exc


def read_object(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object. Raises OperatorError with the line of a mistake."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise OperatorError(f"{str(path)!r} cannot be read: {exc}", hint="correct it") from exc
    if not isinstance(found, dict):
        raise OperatorError(f"{str(path)!r} holds no object", hint="begin it with {")
    return found


def source_files(roots: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Every file of a source, by a name that is the same wherever it lies; what tools make is
    left out.
    """
    for at, root in enumerate(roots):
        if root.is_file():
            yield f"{at}/{root.name}", root
        elif root.is_dir():
            for path in _walk(root):
                yield f"{at}/{path.relative_to(root).as_posix()}", path


_MADE: Final = {"target", "node_modules", "__pycache__", "bindings"}


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _MADE or path.suffix == ".wasm":
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path
