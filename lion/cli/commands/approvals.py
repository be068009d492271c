"""Look here if you want to know what `lion approvals` shows."""

import time
from collections.abc import Sequence

import click
import msgspec

from lion.cli.asking import how_to_go_on, render_request
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen, say_none
from lion.domain.approval import SHOWN_ARGUMENTS, Standing, Waiting
from lion.domain.text import show_line
from lion.telling.events import render_time

EVERY_SECONDS = 0.5
"""How often `--watch` looks."""


@click.command("approvals")
@click.option("--watch", is_flag=True, help="Go on and show what comes, until interrupted.")
@click.option("--standing", is_flag=True, help="Show the answers that go on (run, always).")
@click.option("--forget", metavar="ID", help="Take an answer back that goes on.")
@common_options
def command(common: Common, watch: bool, standing: bool, forget: str | None) -> int:
    """Show the calls that wait for a person's approval, of every run of this state directory.

    They are answered by `lion approve ID` and `lion refuse ID`; the beginning of an id is enough.
    """
    from lion.upkeep import forget_standing, list_standing

    screen = open_screen("stdout")
    if forget is not None:
        _show_standing(forget_standing(common.settings(), forget), common, screen, "forgot  ")
    elif standing:
        _show_standing(list_standing(common.settings()), common, screen, "")
    else:
        _show_waiting(common, screen, goes_on=watch)
    return 0


def _show_waiting(common: Common, screen: Screen, *, goes_on: bool) -> None:
    from lion.upkeep import list_waiting

    settings, shown = common.settings(), set[str]()
    while True:
        found = [one for one in list_waiting(settings) if one.answer is None]
        new = [one for one in found if one.request.id not in shown]
        shown = {one.request.id for one in found}
        _show(new, common, screen)
        if not goes_on:
            if not found:
                say_none("nothing waits for an approval", as_json=common.as_json)
            return
        if screen.is_closed:
            return
        time.sleep(EVERY_SECONDS)


def _show(found: Sequence[Waiting], common: Common, screen: Screen) -> None:
    for one in found:
        if common.as_json:
            screen.line(msgspec.json.encode(one.request).decode())
            continue
        for line in render_request(one.request, screen, longest=SHOWN_ARGUMENTS):
            screen.line(line)
        run, name = one.request.run[:8], show_line(one.request.manifest_name)
        screen.line(f"    run        {run} of {name}")
        if not one.is_live:
            screen.line(f"    then       {how_to_go_on(one)}")


def _show_standing(found: Sequence[Standing], common: Common, screen: Screen, before: str) -> None:
    for one in found:
        if common.as_json:
            screen.line(msgspec.json.encode(one).decode())
            continue
        request, answer = one.request, one.answer
        word = "approved" if answer.allowed else "refused"
        whose = f"{request.holder} of {request.owner}"
        what = f"{request.capability} {request.operation} {request.target}".rstrip()
        screen.line(
            f"{before}{request.id}  {word} {answer.reach} by {show_line(answer.by)} at "
            f"{render_time(one.since_ns)[:19]}Z"
        )
        screen.line(
            f"    {show_line(whose)}: {show_line(what)}, asked by "
            f"{show_line('; '.join(request.reasons))}"
        )
    if not found:
        say_none("no answer goes on", as_json=common.as_json)
