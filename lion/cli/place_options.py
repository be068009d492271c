"""Look here if you want to know how it is typed where a service listens."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from lion.errors import OperatorError

if TYPE_CHECKING:
    from lion.web.tcp import Place

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_OPTIONS: Final = (
    click.option(
        "--host", metavar="ADDRESS",
        help="Where the page and the API listen.  [default: 127.0.0.1]",
    ),
    click.option(
        "--port", type=click.IntRange(0, 65535), metavar="N",
        help="0: a free one.  [default: 8080, or a free one]",
    ),
    click.option(
        "--certificate", type=_FILE, metavar="FILE", help="Speak TLS with it (PEM), and --key."
    ),
    click.option("--key", type=_FILE, metavar="FILE", help="The certificate's (PEM)."),
    click.option(
        "--proxy", metavar="ORIGIN",
        help="What stands before it and speaks TLS, as browsers show it: https://HOST.",
    ),
    click.option(
        "--no-page", "has_page", flag_value=False, default=True,
        help="Listen nowhere but at the socket in the state directory.",
    ),
)  # fmt: skip


def place_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add where to listen to a command's function."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def place_of(words: dict[str, Any]) -> "Place | None":
    """Where to listen, by these words; None: nowhere. Raises OperatorError."""
    from lion.web.tcp import Place

    given = {name: word for name, word in words.items() if word is not None and word is not True}
    if not words["has_page"]:
        if len(given) > 1:
            raise OperatorError(
                "--no-page listens nowhere, and the other options say where",
                hint="leave --no-page out, or the others",
            )
        return None
    return Place(**given)
