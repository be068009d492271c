"""Look here if you want to know which directories hold code that this process runs, or that the
next one would.

Rule: whatever Python looks into for modules is lion's own code: one file more there, such as a
`.pth` in site-packages, runs in the next process, outside of the sandbox.
Rule: a project may lie in a directory of Python's path; what its folders are called then decides.
"""

import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from lion.places import Place

PYTHON: Final = "where this Python has its own code"
IMPORTED: Final = "where Python looks for modules"
RUNS: Final = "which is code that runs outside of the sandbox"
STARTS: Final = "which is the program that runs lion"

SHARED: Final = ("/", "/usr", "/usr/local", "/opt/homebrew", "/opt/local")
"""Prefixes that belong to the whole system: of these only what programs are made of is Python's.
"""
PARTS: Final = ("bin", "sbin", "lib", "lib64", "libexec", "include", "Frameworks")

AT_START: Final = frozenset({"lion", "sitecustomize", "usercustomize"})
"""Modules that are imported if they are there, and need not be."""


def own_code(more: Iterable[Path] = ()) -> tuple[Place, ...]:
    """Where code is that the host's process runs, and would run; `more` are folders of it."""
    found = [Place(path, RUNS, is_whole=True) for path in (Path(__file__).parents[2], *more)]
    found += _interpreter()
    found += _users()
    found += _searched([one.path for one in found if one.is_whole])
    found += _loaded([one.path for one in found if one.is_whole])
    return tuple(dict.fromkeys(found))


def _interpreter() -> Iterator[Place]:
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        is_shared = os.path.realpath(prefix) in SHARED
        yield Place(Path(prefix), PYTHON, is_whole=not is_shared)
        for part in PARTS if is_shared else ():
            yield Place(Path(prefix, part), PYTHON, is_whole=True)
    paths = sysconfig.get_paths()
    for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts"):
        yield Place(Path(paths[name]), PYTHON, is_whole=True)
    # The names on the way are links: python -> python3 -> /usr/bin/python3.
    for program in (sys.executable, sys.argv[0] if sys.argv else ""):
        path = Path(os.path.abspath(program))
        if program and path.is_file():
            yield Place(path, STARTS)


def _users() -> Iterator[Place]:
    """Packages that the user installed for all projects; another Python looks there, too."""
    if os.path.isabs(folder := site.getusersitepackages()):
        yield Place(Path(folder), PYTHON, is_whole=True)
    if os.path.isabs(base := site.getuserbase()):
        yield Place(Path(base, "lib"), PYTHON, is_whole=True)


def _searched(whole: list[Path]) -> Iterator[Place]:
    """What is on Python's path and nowhere in `whole`: a checkout, PYTHONPATH, the working
    directory of `python -m lion`. Folders beneath are a project's, unless they hold modules.
    """
    known: frozenset[str] | None = None
    for entry in dict.fromkeys(sys.path):
        folder = Path(os.path.abspath(entry))
        if entry.endswith(".__path_hook__") or _is_within(folder, whole):
            continue
        if known is None:
            known = known_modules()
        yield Place(folder, IMPORTED, names=known)
        for name in _packages(folder, known):
            yield Place(folder / name, IMPORTED, is_whole=True)


def _packages(folder: Path, known: frozenset[str]) -> list[str]:
    """Folders whose files would be imported: real packages, and what has a module's name."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except OSError:
        return []
    return sorted(
        name for name in names
        if name in known or os.path.lexists(folder / name / "__init__.py")
    )  # fmt: skip


def known_modules() -> frozenset[str]:
    """Modules that somebody imports: a folder of such a name would be taken for one."""
    found = {*sys.stdlib_module_names, *AT_START}
    found.update(name.partition(".")[0] for name in tuple(sys.modules))
    for entry in sys.path:
        if os.path.basename(entry) in ("site-packages", "dist-packages") and os.path.isdir(entry):
            found.update(name.partition(".")[0] for name in os.listdir(entry))
    return frozenset(found)


def _loaded(whole: list[Path]) -> Iterator[Place]:
    """Code that came from elsewhere: packages installed by a link to their source."""
    for name, module in tuple(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." in name or not isinstance(file, str) or not os.path.isabs(file):
            continue
        if _is_within(Path(file), whole):
            continue
        is_package = getattr(module, "__path__", None) is not None
        yield Place(Path(file).parent if is_package else Path(file), RUNS, is_whole=is_package)


def _is_within(path: Path, folders: list[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
