"""Look here if you want to know how a refused import is found again in the WIT."""

from pathlib import Path

from lion.errors import GuestError, LionError
from lion.toolchain.project import Project, shown
from lion.toolchain.wit.source import WitWorld, find_world, read_worlds


def located(error: GuestError, project: Project) -> LionError:
    """The same error with file and line of the import it is about, if that can be told."""
    worlds = {project.wit: read_worlds(project.wit)}
    world = find_world(worlds, project.wit, project.world)
    for name, line in world.imports.items():
        if _full(name, world) in error.what.split() or name in error.what.split():
            return _at(error, world.path, line)
        if _full(name, world) in error.what:
            return _at(error, world.path, line)
    return error


def _full(name: str, world: WitWorld) -> str:
    """`store` as components say it: `fox:fox/store`."""
    if "/" in name:
        return name
    package, at, version = world.package.partition("@")
    return f"{package}/{name}{at}{version}"


def _at(error: GuestError, path: Path, line: int) -> GuestError:
    return GuestError(
        f"{shown(path)}:{line}: {error.what}",
        ending=error.ending,
        hint=error.hint
        if "did you mean" in error.hint
        else "remove that import: lion lends what is in the package lion:host",
        **error.facts,
    )
