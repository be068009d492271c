"""Look here if you want to know what `lion approve` does."""

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.approval import Answer, Reach
from lion.domain.text import show_line


@click.command("approve")
@click.argument("request", metavar="ID")
@click.option(
    "--for",
    "reach",
    type=click.Choice([one.value for one in Reach]),
    default=Reach.ONCE.value,
    help="This call, what the same rule asks in this run, or in every run.",
)
@click.option(
    "--resume", is_flag=True, help="If its run has no process any more, go on with it here."
)
@common_options
def command(common: Common, request: str, reach: str, resume: bool) -> int:
    """Approve the call that waits as ID (see `lion approvals`): it goes on at once.

    `--for run` and `--for always` hold for calls of the same holder by the same grant about which
    the same rule asks; another component, grant or rule asks again.
    """
    from lion.fittings import user_name
    from lion.upkeep import answer_request

    answer = Answer(allowed=True, reach=Reach(reach), by=user_name(), via="command")
    one = answer_request(common.settings(), request, answer)
    found = one.request
    what = f"{found.capability} {found.operation} {found.target}".rstrip()
    screen = open_screen("stdout")
    screen.line(f"approved {reach}  {found.id}  {show_line(found.holder)}: {show_line(what)}")
    if one.is_live:
        return 0
    if resume:
        from lion.cli.commands.resume import go_on

        return go_on(common, found.run)
    from lion.cli.asking import how_to_go_on

    screen.line(how_to_go_on(one))
    return 0
