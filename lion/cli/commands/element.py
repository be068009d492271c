"""Look here if you want to know what `lion element` does: what the service holds, as elements, and
the elements that guests keep.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen, say_none
from lion.cli.summary import json_text
from lion.cli.tasks import client_of
from lion.domain.names import did_you_mean
from lion.domain.text import show_json, show_line
from lion.errors import OperatorError
from lion.ports import KeptElement


@click.group("element")
def command() -> None:
    """List and show what the service and guests hold, as elements."""


@command.command("list")
@click.option("--kind", default="", metavar="WORD", help="Only those: Task, Run, Plugin.")
@common_options
def list_elements(common: Common, kind: str) -> int:
    """List tasks, their runs and plugins."""
    screen = open_screen("stdout")
    found = client_of(common).ask("GET", "api", "elements", query={"kind": kind})
    for one in found:
        screen.line(json_text(one) if common.as_json else _row(one))
    if not found:
        say_none(f"no elements{_of(kind)}; kinds are Task, Run, Plugin", as_json=common.as_json)
    return 0


@command.command("show")
@click.argument("id")
@common_options
def show(common: Common, id: str) -> int:
    """Show an element, by its id, the beginning of it, or a task's own."""
    screen, one = open_screen("stdout"), client_of(common).get("api", "elements", id)
    if common.as_json:
        screen.line(json_text(one))
        return 0
    screen.line(_row(one))
    for name, value in {**one["metadata"], **one.get("execution", {})}.items():
        said = value if isinstance(value, str) else json_text(value)
        screen.line(f"    {name:<10}  {show_line(said)}")
    return 0


@command.command("get")
@click.argument("owner")
@click.argument("holder")
@click.argument("id")
@common_options
def get(common: Common, owner: str, holder: str, id: str) -> int:
    """Print the content of the element that HOLDER of the manifest OWNER keeps under ID, or the
    beginning of it: JSON; with --json the whole element.
    """
    from lion.upkeep import list_elements

    kept = list_elements(common.settings(), _owner(owner), holder)
    found = [one for one in kept if id and one.id.startswith(id)]
    if len(found) != 1:
        some = "several elements begin" if found else "no element begins"
        raise OperatorError(
            f"{some} with {id[:40]!r}: {holder!r} of {owner!r} keeps {len(kept):,}",
            hint=f"see them: lion element kept {owner} {holder}",
        )
    screen, (one,) = open_screen("stdout"), found
    if common.as_json:
        screen.line(json_text(msgspec.to_builtins(one)))
    else:
        click.echo(f"  {show_json(one.content)}" if screen.is_terminal else one.content)
    return 0


@command.command("kept")
@click.argument("owner", required=False)
@click.argument("holder", required=False)
@click.option("--kind", default="", metavar="WORD", help="Only those of a kind.")
@common_options
def kept(common: Common, owner: str | None, holder: str | None, kind: str) -> int:
    """List who keeps elements, or those that HOLDER of the manifest OWNER keeps."""
    from lion.upkeep import list_element_stores, list_elements

    screen = open_screen("stdout")
    if owner is None or holder is None:
        stores = list_element_stores(common.settings())
        stores = [one for one in stores if owner is None or one.owner == _owner(owner)]
        for store in stores:
            line = f"{show_line(store.owner)}  {store.holder}  {store.bytes:,} bytes"
            screen.line(json_text(msgspec.to_builtins(store)) if common.as_json else line)
        if not stores:
            whose = "nobody" if owner is None else f"nobody of {show_line(owner)}"
            say_none(f"{whose} keeps elements", as_json=common.as_json)
        return 0
    found = list_elements(common.settings(), _owner(owner), holder)
    if not found:
        raise OperatorError(
            f"{holder!r} of {owner!r} keeps no elements", hint="see who does: lion element kept"
        )
    listed = [one for one in found if kind in ("", one.kind)]
    for one in listed:
        screen.line(json_text(msgspec.to_builtins(one)) if common.as_json else _kept(one))
    if not listed:
        there = sorted({one.kind for one in found})
        say_none(f"no elements{_of(kind)}; {did_you_mean(kind, there)}", as_json=common.as_json)
    return 0


def _of(kind: str) -> str:
    return f" of the kind {show_line(kind)}" if kind else ""


def _owner(word: str) -> str:
    """A manifest as a person names it, or an owner as it is listed."""
    path = Path(word)
    return str(path.resolve()) if path.is_file() else word


def _kept(one: KeptElement) -> str:
    at = datetime.fromtimestamp(one.created_ms / 1_000, UTC).isoformat()[:19]
    places = "".join(f"  {name} {place}" for name, place in one.places.items())
    return f"{one.id}  {one.kind:<8}  {at}{places}  {show_line(one.content)}"


def _row(one: dict[str, Any]) -> str:
    about = one["metadata"]
    named = about.get("name") or about.get("task", "")
    status = one.get("execution", {}).get("status", "")
    line = f"{one['id']}  {one['kind']:<8}  {one['created_at'][:19]}  {show_line(str(named))}"
    return f"{line}  {status}".rstrip()
