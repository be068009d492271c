"""Look here if you want to know what `lion keygen` makes."""

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.text import show_line


@click.command("keygen")
@common_options
def command(common: Common) -> int:
    """Make the key that signs how far runs are, in the configuration directory.

    From then on each run's head is signed when it ends, and every minute before. Give the public
    half to whoever shall be able to verify, and keep the key from whoever can write the log.
    """
    from lion.upkeep import make_signing_key

    path, public, key = make_signing_key(common.settings())
    screen = open_screen("stdout")
    if common.as_json:
        fields = {"path": str(path), "public_path": str(public), "key": key}
        screen.line(msgspec.json.encode(fields).decode())
        return 0
    screen.line(f"key     {show_line(str(path))}  (keep it to yourself)")
    screen.line(f"public  {show_line(str(public))}")
    screen.line(f"        ed25519:{key}")
    return 0
