"""Look here if you want to know what `lion new` prints."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.domain.text import show_line
from lion.errors import OperatorError

_LANGUAGES = ("rust", "assemblyscript", "javascript", "typescript", "python")
_KINDS = {"plugin": "a plugin", "agent": "an agent", "system": "a system plugin"}


@click.command("new")
@click.argument("folder", metavar="DIR")
@click.option("--lang", type=click.Choice(_LANGUAGES), help="What to write it in.")
@click.option(
    "--kind",
    type=click.Choice(list(_KINDS)),
    help="What it is; by default plugin, or system in Python.",
)
@click.option("--sandboxed", is_flag=True, help="Python as a plugin or agent in the sandbox.")
@common_options
def command(
    common: Common, folder: str, lang: str | None, kind: str | None, sandboxed: bool
) -> int:
    """Make a new folder DIR with a plugin that builds, is tested and runs at once.

    Its name is the folder's: lower-case letters, digits and "-". DIR must be new or empty.

    \b
      plugin   a component in the sandbox; each function it exports is a tool
      agent    a component in the sandbox that works on a task
      system   trusted Python, outside of the sandbox, found by its entry point

    With --sandboxed Python is a plugin or an agent: CPython within the sandbox.

    In it are the source, its WIT, manifest.toml with the least grants, a test that runs it in the
    real host, and a README. It is complete in itself: lion's WIT and library are copied into it.

    \b
    lion new fox --lang rust
    cd fox
    lion build
    lion run manifest.toml
    python -m pytest tests
    """
    from lion.toolchain.new import new

    if lang is None:
        raise OperatorError(
            "nothing says which language to write it in",
            hint=f"type: lion new {folder} --lang rust (or {', '.join(_LANGUAGES[1:])})",
        )
    made = new(Path(folder), _language(folder, lang, sandboxed), kind)
    screen = open_screen("stdout")
    if common.as_json:
        whole = msgspec.structs.replace(made, folder=made.folder.absolute())
        screen.line(msgspec.json.encode(whole, enc_hook=str).decode())
    else:
        for line in _made(made, folder, screen):
            screen.line(line)
    return 0


def _language(folder: str, lang: str, is_sandboxed: bool) -> str:
    """What the toolchain calls the language. Raises OperatorError for one that has no choice."""
    if not is_sandboxed:
        return lang
    if lang != "python":
        raise OperatorError(
            f"a guest in {lang} is sandboxed in any case",
            hint=f"type: lion new {folder} --lang {lang}",
        )
    return "sandboxed-python"


def _made(made: Any, folder: str, screen: Screen) -> Iterator[str]:
    """What is there now (toolchain.new.Made), and what to type next."""
    what = f"{_KINDS[made.kind]} in {made.language.replace('-', ' ')}"
    yield f"{screen.paint('new', 'green')}  {show_line(folder)}: {what}"
    for name in made.files:
        yield f"     {show_line(name)}"
    install = "python -m pip install --editable . && " if made.kind == "system" else ""
    there = show_line(shlex.quote(folder))
    yield f"go on:     cd {there} && {install}lion build && lion run manifest.toml"
