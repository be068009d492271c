"""Look here if you want to know what cargo's configuration does to a component: where cargo is to
run, and what of its files and variables decides over the result.

Rule: cargo reads `.cargo/config.toml` of the folder it runs in and of those above, so it is asked
and run in one and the same.
Rule: what only says where things lie or how cargo talks decides nothing.
"""

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_NAMES: Final = ("config", "config.toml")
"""If both are there, cargo takes the first."""
_TALK: Final = """alias cache cargo-new credential-alias doc future-incompat-report http install
net registries registry term"""
_DECIDES_NOTHING: Final = frozenset(_TALK.split())
_PLACES: Final = frozenset(["build-dir", "dep-info-basedir", "jobs", "target-dir"])
_FOLDERS: Final = (
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
)


def working_folder(folder: Path, root: Path) -> Path:
    """Where cargo is to run for a package: in its workspace's root, if the package's own folder
    and those between have no configuration.
    """
    folder, root = folder.resolve(), root.resolve()
    if root != folder and root not in folder.parents:
        return folder
    between = [p for p in (folder, *folder.parents) if root in p.parents]
    return folder if any(_file(p / ".cargo") for p in between) else root


def cargo_home() -> Path:
    """Where cargo keeps what it fetched."""
    return Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo").absolute()


def placed(environ: dict[str, str]) -> dict[str, str]:
    """The environment with cargo's folders absolute: it runs elsewhere than lion was typed."""
    return environ | {n: str(Path(environ[n]).absolute()) for n in _FOLDERS if environ.get(n)}


def settings_digest(place: Path) -> str:
    """A digest of all configuration that decides over what cargo makes in a folder; empty if there
    is none.
    """
    found = [said for file in _files(place) for said in _decides(file)]
    found += [f"{n}={v}" for n, v in sorted(os.environ.items()) if n.startswith("CARGO_PROFILE_")]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16] if found else ""


def _files(place: Path) -> Iterator[Path]:
    """The files cargo reads there, nearest first."""
    places = [p / ".cargo" for p in (place, *place.parents)]
    for folder in dict.fromkeys([*places, cargo_home()]):
        file = _file(folder)
        if file is not None:
            yield file


def _file(folder: Path) -> Path | None:
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def _decides(file: Path, above: tuple[Path, ...] = ()) -> Iterator[str]:
    """What in a file, and in those it includes, matters, as text; of one that is no TOML all:
    cargo will say so.
    """
    try:
        text = file.read_text("utf-8", "replace")
        said = {k: v for k, v in tomllib.loads(text).items() if k not in _DECIDES_NOTHING}
    except OSError:
        return
    except (tomllib.TOMLDecodeError, RecursionError):
        yield text
        return
    if isinstance(build := said.get("build"), dict):
        said["build"] = {k: v for k, v in build.items() if k not in _PLACES}
    said = {k: v for k, v in said.items() if v != {}}
    if said:
        yield json.dumps(said, sort_keys=True, default=str)
    for other in _included(said):
        path = Path(os.path.normpath(file.parent / other))
        if path not in (*above, file):
            yield from _decides(path, (*above, file))


def _included(said: dict[str, Any]) -> list[str]:
    include = said.get("include", [])
    items = include if isinstance(include, list) else [include]
    paths = [item.get("path") if isinstance(item, dict) else item for item in items]
    return [path for path in paths if isinstance(path, str) and "\0" not in path]
