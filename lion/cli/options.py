"""Look here if you want to know which options every command has."""

import functools
import os
from collections.abc import Callable
from typing import Any

import click
import msgspec

from lion.settings import Settings, settings_from


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """What was said on the command line for any command. `verbosity` counts `-v`."""

    state: str | None = None
    policy: str | None = None
    as_json: bool = False
    verbosity: int = 0
    log_format: str = "text"

    def settings(self) -> Settings:
        """Raises OperatorError."""
        return settings_from(os.environ, state=self.state, policy=self.policy)


def _once(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> str | None:
    """The only value: of two policies none may be dropped in silence."""
    if len(words) > 1:
        raise click.UsageError(f"{param.opts[0]} is given {len(words)} times; give it once", ctx)
    return words[0] if words else None


_once_option = functools.partial(click.option, multiple=True, callback=_once)

_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
    _once_option("--state", metavar="DIR", help="Where the log is. [$LION_STATE]"),
    _once_option("--policy", metavar="FILE", help="The operator's policy. [$LION_POLICY]"),
    click.option(
        "-v", "--verbose", "verbosity", count=True, help="Diagnostics on stderr; -vv for more."
    ),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        help="How diagnostics are written.",
    ),
)


def common_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the common options to a command's function, whose first argument is a Common."""

    @functools.wraps(function)
    def with_common(**words: Any) -> int:
        names = Common.__struct_fields__
        common = Common(**{name: words.pop(name) for name in names})
        return function(common, **words)

    for option in reversed(_OPTIONS):
        with_common = option(with_common)
    return with_common


def _pairs(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{word!r} is not NAME=VALUE", ctx, param)
        pairs[name] = value
    return pairs


ask_option = click.option(
    "--no-ask", "asks", flag_value=False, default=True,
    help="Let nobody be asked: a call that needs an approval is refused.",
)  # fmt: skip
"""`--no-ask`, for commands that run something."""


def pairs_option(
    flag: str, name: str, metavar: str, words: str
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """An option that gives names values, and may be repeated."""
    return click.option(
        flag, name, metavar=metavar, multiple=True, callback=_pairs,
        help=f"{words} May be repeated.",
    )  # fmt: skip


set_option = click.option(
    "--set",
    "sets",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="Give a variable of the manifest a value; may be repeated.",
)
"""`--set`, for commands that read a manifest."""
