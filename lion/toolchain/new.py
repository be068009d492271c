"""Look here if you want to know what `lion new` puts into a folder.

Rule: the folder is complete in itself: it needs neither this installation nor its place.
Rule: it is made beside its place and put there at the end; what breaks off leaves nothing.
"""

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from lion.domain.names import NAME_FORMS, is_name
from lion.errors import OperatorError
from lion.toolchain.project import ON_NODE, SANDBOXED
from lion.toolchain.reserved import RESERVED

KINDS: Final = {
    "rust": ("plugin", "agent"),
    "assemblyscript": ("plugin", "agent"),
    "python": ("system",),
    SANDBOXED: ("plugin", "agent"),
    "javascript": ("plugin", "agent"),
    "typescript": ("plugin", "agent"),
}
HERE: Final = Path(__file__).parent
TEMPLATES, RESOURCES = HERE / "templates", HERE / "resources"
SCHEMA: Final = HERE.parent / "manifest" / "manifest.schema.json"
"""Beside the new manifest, whose first line names it: editors complete and check by it."""
_LION_AS: Final = "vendor/lion-as"
_JAVASCRIPT: Final = {"wit": "wit/deps/lion-host", "lion-js/lion-guest": "vendor/lion-guest"}
VENDORED: Final = {
    "rust": {
        "wit": "wit/deps/lion-host",
        "lion-guest": "vendor/lion-guest",
        "Cargo.lock": "Cargo.lock",
    },
    "assemblyscript": {"wit": "wit/deps/lion-host", "lion-as": _LION_AS},
    "python": {},
    SANDBOXED: {"wit": "wit/deps/lion-host", "lion-guest-py": "vendor"},
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
}
"""What is copied from lion's own files, by language: which, and where to."""
_WIT_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A new folder: its plugin's name, and the files in it that are the author's own."""

    folder: Path
    name: str
    language: str
    kind: str
    files: tuple[str, ...]


def new(folder: Path, language: str, kind: str | None) -> Made:
    """Make a plugin's folder, complete or not at all; `kind` None is the language's first.

    Raises OperatorError: no such kind in this language, a bad name, DIR is in use.
    """
    kind = check_kind(language, kind, folder)
    name = check_name(folder.absolute().name, folder, language)
    _check_empty(folder)
    sources = [TEMPLATES / place for place in _templates(language, kind)]
    texts = {path: text for s in sources for path, text in _filled(s, name, kind)}
    if language == "typescript":
        del texts["src/index.js"]
    if language == "assemblyscript":
        texts |= _packages(name)
    elif language in ON_NODE:
        texts |= _builder(name, language)
    try:
        with _whole(folder) as draft:
            for path, text in texts.items():
                target = draft / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, "utf-8")
            for source, target_name in VENDORED[language].items():
                _copy(RESOURCES / source, draft / target_name)
            _copy(SCHEMA, draft / SCHEMA.name)
    except OSError as exc:
        raise OperatorError(
            f"{str(folder)!r} cannot be made: {exc.strerror}", hint="choose another folder"
        ) from exc
    return Made(folder=folder, name=name, language=language, kind=kind, files=tuple(sorted(texts)))


def _templates(language: str, kind: str) -> tuple[str, ...]:
    """The folders of templates, of which later ones go over earlier ones."""
    if language in ("javascript", "typescript"):
        return (kind, "javascript", f"javascript-{kind}", language, f"{language}-{kind}")
    return (language, kind, f"{language}-{kind}")


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A place to make the folder in, which is not there or empty: it becomes that in the end, or
    nothing is left of it.
    """
    is_there = folder.is_dir()
    above = folder if is_there else folder.parent
    missing = [path for path in (above, *above.parents) if not path.exists()]
    ours = [draft := above / f".lion-new-{secrets.token_hex(8)}"]
    try:
        draft.mkdir(parents=True)
        yield draft
        if is_there:  # it may be where somebody is, or a link: it stays what it is
            for entry in sorted(draft.iterdir()):
                ours.append(folder / entry.name)
                entry.rename(folder / entry.name)
            draft.rmdir()
        else:
            draft.rename(folder)
    except BaseException:
        for path in ours:
            _remove(path)
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def check_kind(language: str, kind: str | None, folder: Path) -> str:
    """The kind, if this language can be one. Raises OperatorError."""
    kinds = KINDS[language]
    kind = kind or kinds[0]
    if kind in kinds:
        return kind
    if language == "python":
        raise OperatorError(
            f"Python is a system plugin, which is trusted, unless it is sandboxed; "
            f"this kind is: {kind}",
            hint=f"type: lion new {folder} --lang python --sandboxed --kind {kind}",
        )
    raise OperatorError(
        f"a system plugin is trusted Python, not {language.replace('-', ' ')}",
        hint=f"type: lion new {folder} --lang python --kind system, or choose --kind plugin",
    )


def check_name(name: str, folder: Path, language: str) -> str:
    """The folder's name, if a plugin can have it. Raises OperatorError."""
    better = folder.parent / (
        re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789") or "fox"
    )
    if not (is_name(name) and _WIT_ID.fullmatch(name)):
        raise OperatorError(
            f"{name!r} cannot be a plugin's name: {NAME_FORMS}, and a letter after each -",
            hint=f"type: lion new {better} --lang {language}",
        )
    if name in RESERVED:
        raise OperatorError(
            f"{name!r} cannot be a plugin's name: it has a meaning of its own in {RESERVED[name]}",
            hint=f"type: lion new {folder.parent / f'my-{name}'} --lang {language}",
        )
    return name


def _check_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        what = "has something in it" if folder.is_dir() else "is no folder"
        raise OperatorError(
            f"{str(folder)!r} {what}, and nothing is overwritten",
            hint="name a new folder, or an empty one",
        )


def _filled(template: Path, name: str, kind: str) -> Iterator[tuple[str, str]]:
    """The files of a template by their path, with names put in."""
    words = {
        "@name@": name,
        "@snake@": name.replace("-", "_"),
        "@Name@": "".join(part.capitalize() for part in name.split("-")),
        "@kind@": kind,
    }
    for path in sorted(template.rglob("*.in")):
        where = path.relative_to(template).as_posix().removesuffix(".in")
        where = re.sub(r"(^|/)gitignore$", r"\1.gitignore", where)
        text = path.read_text("utf-8")
        for word, meaning in words.items():
            where, text = where.replace(word, meaning), text.replace(word, meaning)
        yield where, text


def _packages(name: str) -> dict[str, str]:
    """package.json and its lock, as in this repository but for the library's place."""
    said = json.loads((RESOURCES / "package.json").read_text("utf-8"))
    lock = json.loads((RESOURCES / "package-lock.json").read_text("utf-8"))
    needs = {**said["dependencies"], "lion-as": f"file:./{_LION_AS}"}
    package = {"name": name, "private": True, "type": "module", "dependencies": needs}
    packages = lock["packages"]
    packages[""] = {"name": name, "dependencies": needs}
    packages[_LION_AS] = packages.pop("lion-as")
    packages["node_modules/lion-as"]["resolved"] = _LION_AS
    lock |= {"name": name, "packages": dict(sorted(packages.items()))}
    texts = {"package.json": package, "package-lock.json": lock}
    return {path: json.dumps(value, indent=2) + "\n" for path, value in texts.items()}


def _builder(name: str, language: str) -> dict[str, str]:
    """package.json and its lock for JavaScript and TypeScript, as in this repository."""
    needs = json.loads((RESOURCES / "lion-js" / "package.json").read_text("utf-8"))["dependencies"]
    lock = json.loads((RESOURCES / "lion-js" / "package-lock.json").read_text("utf-8"))
    package = {
        "name": name, "private": True, "type": "module", "lion": {"language": language},
        "dependencies": needs,
    }  # fmt: skip
    lock["packages"][""] = {"name": name, "dependencies": needs}
    texts = {"package.json": package, "package-lock.json": lock | {"name": name}}
    return {path: json.dumps(value, indent=2) + "\n" for path, value in texts.items()}


def _copy(source: Path, target: Path) -> None:
    """A file or folder of lion's own, without what tools made in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        made = shutil.ignore_patterns("target", "node_modules", "__pycache__", ".*")
        shutil.copytree(source, target, ignore=made)
    else:
        shutil.copyfile(source, target)
