"""Look here if you want to know what `lion build` prints.

Rule: compilers' own words go to stderr as they come; stdout gets what was built.
"""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.commands.inspect import inspect_component, render_info
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.cli.summary import near
from lion.domain.text import show_line
from lion.errors import GuestError
from lion.plans import read_file
from lion.review.loaded import ComponentInfo


@click.command("build")
@click.argument("folders", metavar="[DIR]...", nargs=-1)
@click.option("--out", metavar="FILE", help="Where the component goes; for several a folder.")
@click.option("--force", is_flag=True, help="Build also what has not changed.")
@click.option("--locked", is_flag=True, help="Fail rather than change a lock file.")
@common_options
def command(
    common: Common, folders: tuple[str, ...], out: str | None, force: bool, locked: bool
) -> int:
    """Build the plugin or agent in DIR (by default here) and show what it is.

    What DIR holds is told by its files: Cargo.toml is Rust, package.json AssemblyScript, and
    pyproject.toml a system plugin in Python, which is checked and needs no building; or, with
    sandboxed = true under [tool.lion], Python for the sandbox. A DIR with several such folders
    stands for all of them.

    \b
    Rust needs one of these:
      rustup target add wasm32-unknown-unknown
      apt-get install rustc-web cargo-web rust-web-src lld-22    (Debian; slower the first time)
    AssemblyScript needs node and npm; what else it takes, npm fetches into the folder. Sandboxed
    Python needs componentize-py from PyPI, in the version that is named if another one is there.

    The component is written into DIR, with the WIT's comments in it as descriptions of its tools.
    Beside it built.json says which source it is of: what has not changed is not built again, and
    `lion check` warns when a component is older than its source. Workspace, lock file and target
    folder are cargo's and npm's own. The sandbox is for what was built: building runs cargo with
    the build scripts and macros of the source, so build only source that you trust.
    """
    from lion.cli.python_plugin import tell_python
    from lion.toolchain.build import build
    from lion.toolchain.built import Request

    errors = open_screen("stderr")
    request = Request(folders=folders or (".",), out=out, is_forced=force, locked=locked)
    built = build(request, lambda line: errors.line(show_line(line)))
    screen = open_screen("stdout")
    if len(built) == 1 and built[0].plugins:
        tell_python(common, built[0], screen)
    elif len(built) > 1:
        _tell_many(common, built, screen)
    else:
        _tell(common, built[0], screen)
    return 0


def _tell_many(common: Common, built: Sequence[Any], screen: Screen) -> None:
    if common.as_json:
        screen.line(msgspec.json.encode([_json(one) for one in built]).decode())
        return
    width = max(len(one.project.name) for one in built)
    for one in built:
        size = f"{one.size:9,} bytes  {one.verdict}" if one.size else f"{'':9} Python"
        screen.line(f"{one.project.name:{width}} {size}")


def _tell(common: Common, one: Any, screen: Screen) -> None:
    """One component: what it is, and what to type next."""
    info = None
    if not one.project.is_foreign:
        info = _inspected(common, one)
    if common.as_json:
        screen.line(msgspec.json.encode(_json(one, info)).decode())
        return
    screen.line(f"{screen.paint(one.verdict, 'green')}  {show_line(near(one.project.component))}")
    if info is None:
        screen.line(f"  size     {one.size} bytes")
        return
    for line in list(render_info("", info, screen))[1:]:
        screen.line(line)
    for line in _next(one, info):
        screen.line(line)


def _inspected(common: Common, one: Any) -> ComponentInfo:
    """What was built, as lion takes it. Raises GuestError with the line in the WIT."""
    path = one.project.component
    try:
        return inspect_component(common, read_file(path, "component"), near(path))
    except GuestError as exc:
        from lion.toolchain.wit.imports import located

        raise located(exc, one.project) from exc


def _json(one: Any, info: ComponentInfo | None = None) -> dict[str, Any]:
    known = {} if info is None else msgspec.to_builtins(info)
    return {
        "name": one.project.name,
        "language": one.project.language,
        "folder": str(one.project.folder),
        "component": str(one.project.component),
        "verdict": one.verdict,
        "size": one.size,
        **known,
    }


def _next(one: Any, info: ComponentInfo) -> Iterator[str]:
    manifest = one.project.folder / "manifest.toml"
    if manifest.is_file():
        yield f"run it:    lion run {_typed(manifest)}"
    elif info.tools:
        name = f"{Path(one.project.component).stem}.{info.tools[0].name}"
        yield f"call it:   lion call {_typed(one.project.component)} {name} '{{...}}'"


def _typed(path: Path) -> str:
    return show_line(shlex.quote(near(path)))
