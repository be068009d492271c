"""Look here if you want to know what `lion kv` shows and does: what guests keep, by owner.

Rule: an owner is a manifest's real path; nothing of it goes to another but by `adopt`.
"""

from pathlib import Path

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen, say_none
from lion.domain.text import show_line, show_lines
from lion.errors import OperatorError
from lion.ports import KeptStore


@click.group("kv", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """See, move and clear what guests keep in their stores."""


@command.command("list")
@click.argument("owner", required=False)
@click.argument("holder", required=False)
@common_options
def list_(common: Common, owner: str | None, holder: str | None) -> int:
    """List the stores, or with OWNER and HOLDER the keys of one."""
    from lion.upkeep import list_keys, list_stores

    screen = open_screen("stdout")
    if owner is not None and holder is not None:
        keys = list_keys(common.settings(), _owner(owner), holder)
        # What a guest wrote does not begin at a terminal's left edge.
        edge = "  " if screen.is_terminal else ""
        shown = [f"{edge}{show_line(key)}" for key in keys]
        lines = [msgspec.json.encode(keys).decode()] if common.as_json else shown
        none = f"{show_line(holder)} of {show_line(owner)} keeps nothing; who does: lion kv list"
    else:
        stores = list_stores(common.settings())
        if owner is not None:
            stores = [one for one in stores if one.owner == _owner(owner)]
        lines = [msgspec.json.encode(stores).decode()] if common.as_json else [*map(_line, stores)]
        none = f"nobody{f' of {show_line(owner)}' if owner else ''} keeps anything"
    for line in lines:
        screen.line(line)
    if not lines:
        say_none(none, as_json=common.as_json)
    return 0


@command.command("get")
@click.argument("owner")
@click.argument("holder")
@click.argument("key")
@common_options
def get(common: Common, owner: str, holder: str, key: str) -> int:
    """Print the value under KEY in the store of HOLDER, byte for byte; escaped on a terminal."""
    from lion.upkeep import get_value

    value = get_value(common.settings(), _owner(owner), holder, key)
    if value is None:
        raise OperatorError(
            f"{holder!r} keeps nothing under {key!r}",
            hint=f"see what there is: lion kv list {owner} {holder}",
        )
    screen = open_screen("stdout")
    if screen.is_terminal:
        for line in show_lines(value.decode("utf-8", "backslashreplace")):
            screen.line(f"  {line}")
    else:
        click.echo(value, nl=False)
    return 0


@command.command("adopt")
@click.argument("owner")
@click.argument("manifest", type=click.Path(path_type=Path))
@common_options
def adopt(common: Common, owner: str, manifest: Path) -> int:
    """Give what OWNER keeps to MANIFEST, because its file was moved or renamed."""
    from lion.upkeep import adopt_stores

    if not manifest.is_file():
        raise OperatorError(f"there is no manifest {str(manifest)!r}", hint="check the path")
    moved = adopt_stores(common.settings(), _owner(owner), manifest)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(moved).decode())
    else:
        for one in moved:
            screen.line(f"adopted  {_line(one)}")
    return 0


@command.command("clear")
@click.argument("owner")
@click.argument("holder")
@common_options
def clear(common: Common, owner: str, holder: str) -> int:
    """Forget everything in the store of HOLDER."""
    from lion.upkeep import clear_store

    gone = clear_store(common.settings(), _owner(owner), holder)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode({"cleared": gone}).decode())
    else:
        screen.line(f"cleared  {gone} {'key' if gone == 1 else 'keys'}")
    return 0


def _owner(word: str) -> str:
    """A manifest as a person names it, or an owner as `lion kv list` shows it."""
    path = Path(word)
    return str(path.resolve()) if path.is_file() else word


def _line(store: KeptStore) -> str:
    keys = f"{store.keys} {'key' if store.keys == 1 else 'keys'}"
    return f"{show_line(store.owner)}  {show_line(store.holder)}  {keys}, {store.bytes:,} bytes"
