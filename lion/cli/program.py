"""Look here if you want to know how a program for WASI runs without a manifest: what the command
line gives it, what it could use besides, and the question before it begins.

Rule: nothing is given that was not typed, and nothing runs before somebody said yes.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from lion.cli.one_call import limits_table, read_given
from lion.cli.options import Common
from lion.cli.screen import open_screen
from lion.domain.names import did_you_mean
from lion.domain.plan import DEFAULT_CAPABILITIES, Plan
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.foreign import as_it_stands
from lion.plans import read_manifest, with_call
from lion.review.loaded import ComponentInfo

READ_ONLY: Final = "ro:"
MEMORY: Final = "256 MiB"
"""What a program may use without a manifest: four memories share it, and compilers of today begin
with 16 MiB in one.
"""
_MAIN: Final = "main"
_MISSING: Final = {
    "fs": "files: none, unless you say --dir FOLDER",
    "http": "servers: none, unless you say --allow 'http = [\"GET https://example.com/**\"]'",
}
_OPTIONS: Final = (
    click.option(
        "--dir",
        "dirs",
        metavar="[ro:]FOLDER[::PATH]",
        multiple=True,
        help="Of a program for WASI: give it this directory, at PATH; may be repeated.",
    ),
    click.option(
        "--env",
        metavar="NAME=VALUE",
        multiple=True,
        help="Put this into its environment; may be repeated.",
    ),
    click.option("--allow", metavar="TOML", multiple=True, help="Grant it this besides."),
    click.option(
        "--limits",
        metavar="TOML",
        multiple=True,
        help="""Limit it otherwise, as a manifest says it: --limits 'deadline = "5 min"'.""",
    ),
    click.option("--yes", is_flag=True, help="Run it without asking."),
    click.argument("args", nargs=-1, type=click.UNPROCESSED),
)


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed for a program."""

    dirs: Sequence[str] = ()
    env: Sequence[str] = ()
    allow: Sequence[str] = ()
    limits: Sequence[str] = ()
    yes: bool = False
    args: Sequence[str] = ()

    def check_none(self, word: str) -> None:
        """Raise OperatorError if anything was: a manifest says these itself."""
        said = {
            "--dir": self.dirs, "--env": self.env, "--allow": self.allow,
            "--limits": self.limits, "--": self.args,
        }  # fmt: skip
        flag = next((flag for flag, value in said.items() if value), "--yes" if self.yes else "")
        if flag:
            raise OperatorError(
                f"{word!r} is a manifest, and {flag} is for a program without one",
                hint="write it into the manifest: allow.fs, env, allow, limits, args",
            )


def program_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add what a program can be given to a command's function."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def is_component(word: str) -> bool:
    """Whether it is the file of a component, by its name."""
    return Path(word).suffix == ".wasm" and Path(word).is_file()


def check_there(word: str) -> None:
    """Raise OperatorError for the name of a program that is not there."""
    path = Path(word)
    if path.suffix == ".wasm" and not path.exists():
        folder = path.parent
        known = [str(one) for one in sorted(folder.glob("*.wasm"))] if folder.is_dir() else []
        hint = did_you_mean(word, known) if known else "check the path"
        raise OperatorError(f"there is no program {word!r}", hint=hint)


def program_plan(common: Common, word: str, typed: Typed) -> Plan:
    """The plan of a program, once somebody said yes. Raises OperatorError, GuestError."""
    from lion.cli.looking import look_at

    plan = _plan(word, typed)
    (name,) = plan.holders
    info = look_at(common, plan, is_strict=True)[1][name]
    if info.guest is None or _MAIN not in {tool.name for tool in info.tools}:
        if info.guest is None:
            read_manifest(word, {})  # says what it is instead
        raise OperatorError(
            f"{word!r} is no program: it does not export wasi:cli/run",
            hint=f"call one of its functions with: lion call {word} FUNCTION JSON",
        )
    if not typed.yes:
        _ask(word, plan, info)
    return with_call(plan, f"{name}.{_MAIN}", {"input": "", "args": []})


def _plan(word: str, typed: Typed) -> Plan:
    from lion.manifest.parse import bare_name, parse_tables

    path = Path(os.path.abspath(word))
    name = bare_name(path)
    given = read_given(allow=typed.allow, config=(), secret=())
    allow: dict[str, Any] = {} if given is None else dict(given.allow or {})
    if typed.dirs:
        allow["fs"] = [*allow.get("fs", []), *map(_mount, typed.dirs)]
    holder = {
        "component": str(path), "allow": allow, "args": list(typed.args),
        "env": dict(map(_variable, typed.env)),
        "limits": {"memory": MEMORY, **limits_table(typed.limits)},
    }  # fmt: skip
    tables = {"name": name, "plugins": {name: {k: v for k, v in holder.items() if v}}}
    plan = parse_tables(as_it_stands(tables), folder=Path.cwd())
    return msgspec.structs.replace(plan, keeper=path)


def _mount(word: str) -> dict[str, Any]:
    """The grant of `[ro:]FOLDER[::PATH]`; without a path it is where the program names it so."""
    folder = word.removeprefix(READ_ONLY)
    at, _, path = folder.partition("::")
    if not path:
        clean = os.path.normpath(at)
        if clean.split("/")[0] == "..":
            raise OperatorError(
                f"--dir {word!r} lies above, and a program has no path for that",
                hint=f"say where it finds it: --dir {word}::/data",
            )
        path = "/" if clean == "." else f"/{clean.lstrip('/')}"
    return {"path": path, "at": os.path.abspath(at), "write": folder == word}


def _variable(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise OperatorError(
            f"--env {word!r} has no value", hint="write --env NAME=VALUE; nothing is inherited"
        )
    return name, value


def _shown(word: str, plan: Plan, info: ComponentInfo) -> Iterator[str]:
    (holder,) = plan.holders.values()
    yield f"{show_line(word)}  a program for WASI, sha256:{info.guest and info.guest.digest}"
    mounts = [grant.mount for grant in holder.grants if grant.mount is not None]
    for mount in mounts:
        how = "read and write" if mount.write else "read"
        yield f"  may {how} {show_line(str(mount.at))}, there {show_line(mount.path)}"
    for grant in holder.grants:
        if grant.mount is None:
            yield f"  may {show_line(grant.line.partition('allow.')[2])}"
    if holder.program.env:
        yield f"  has in its environment: {', '.join(map(show_line, holder.program.env))}"
    granted = {grant.capability for grant in holder.grants}
    for name in info.ceiling:
        if name not in granted and name not in DEFAULT_CAPABILITIES:
            yield f"  could use {_MISSING.get(name, f'{name}, which it is not given')}"


def _ask(word: str, plan: Plan, info: ComponentInfo) -> None:
    """Raise OperatorError unless somebody says yes."""
    screen = open_screen("stderr")
    for line in _shown(word, plan, info):
        screen.line(line)
    if not sys.stdin.isatty():
        raise OperatorError(
            f"nobody can be asked whether {word!r} may run like this",
            hint="say so beforehand: --yes",
        )
    if not click.confirm("run it?", err=True):
        raise OperatorError(f"{word!r} was not run", hint="type y to run it, or --yes")
