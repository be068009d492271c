"""Look here if you want to know how the terms of a task are typed."""

from collections.abc import Callable
from typing import Any, Final

import click

from lion.domain.task import HIGHEST, USUAL
from lion.domain.units import BadUnit, parse_duration


def parse_time(ctx: click.Context, param: click.Parameter, word: str | None) -> int | None:
    """A callback of options that take a time: nanoseconds. Raises click.BadParameter."""
    if word is None:
        return None
    try:
        return parse_duration(word)
    except BadUnit as exc:
        raise click.BadParameter(str(exc), ctx, param) from None


def _factor(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise click.BadParameter(f"{value} is no factor; use 0 or more", ctx, param)
    return value


def _tokens(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        name, equals, count = word.rpartition("=")
        if not (equals and name and count.isascii() and count.isdecimal()):
            raise click.BadParameter(f"{word!r} is not NAME=COUNT", ctx, param)
        found[name] = int(count)
    return found


_OPTIONS: Final = (
    click.option(
        "--priority", type=click.IntRange(0, HIGHEST), default=USUAL, show_default=True,
        help="More is sooner; waiting adds to it.",
    ),
    click.option(
        "--resource", "resources", metavar="NAME=COUNT", multiple=True, callback=_tokens,
        help="Tokens it holds while it works; may be repeated.",
    ),
    click.option(
        "--deadline", metavar="TIME", callback=parse_time,
        help='From now on, within which it has to be over: "10 min".',
    ),
    click.option("--retry", type=click.IntRange(0), default=0, help="Try again so often."),
    click.option(
        "--retry-wait", metavar="TIME", default="1 s", callback=parse_time, show_default=True,
        help="Before the first time.",
    ),
    click.option(
        "--retry-factor", type=float, default=2.0, show_default=True, callback=_factor,
        help="By how much each further wait is longer.",
    ),
    click.option(
        "--retry-on", metavar="ENDING", multiple=True,
        help="Only after this ending (error, trap, deadline, outside, ...); may be repeated.",
    ),
    click.option("--parent", metavar="ID", default="", help="With that task it is cancelled."),
    click.option("--key", metavar="WORD", default="", help="The same again is the same task."),
)  # fmt: skip


def terms_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options of a task's terms to a command's function."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def terms_of(words: dict[str, Any]) -> dict[str, Any]:
    """What those options say, as the API takes it; takes them out of `words`."""
    retry = {
        "times": words.pop("retry"), "wait_ns": words.pop("retry_wait"),
        "factor": words.pop("retry_factor"), "on": list(words.pop("retry_on")),
    }  # fmt: skip
    return {
        "key": words.pop("key"),
        "terms": {
            "priority": words.pop("priority"), "resources": words.pop("resources"),
            "deadline_ns": words.pop("deadline"), "parent": words.pop("parent"), "retry": retry,
        },
    }  # fmt: skip
