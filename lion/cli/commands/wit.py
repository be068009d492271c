"""Look here if you want to know what `lion wit` prints."""

from pathlib import Path

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.errors import OperatorError


@click.command("wit")
@click.argument("plugin")
@common_options
def command(common: Common, plugin: str) -> int:
    """Print the interface that the system plugin PLUGIN offers guests, as WIT.

    PLUGIN is the name that a manifest has after `use`. A component that imports the interface is
    built against this text:

    \b
      mkdir -p my-plugin/wit/deps/shelf
      lion wit shelf > my-plugin/wit/deps/shelf/shelf.wit
    """
    from lion.loading import offered_wit

    if Path(plugin).suffix == ".wasm":
        raise OperatorError(
            f"{plugin!r} is a component, not a system plugin", hint=f"try: lion inspect {plugin}"
        )
    interface, text = offered_wit(plugin)
    screen = open_screen("stdout")
    if common.as_json:
        import msgspec

        told = {"use": plugin, "interface": interface, "wit": text}
        screen.line(msgspec.json.encode(told).decode())
    else:
        for line in text.splitlines():
            screen.line(line)
    return 0
