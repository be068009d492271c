"""Look here if you want to know what `lion refuse` does."""

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.approval import LONGEST_WORDS, Answer, Reach
from lion.domain.text import show_line
from lion.errors import OperatorError


@click.command("refuse")
@click.argument("request", metavar="ID")
@click.argument("words", required=False, default="")
@click.option(
    "--for",
    "reach",
    type=click.Choice([one.value for one in Reach]),
    default=Reach.ONCE.value,
    help="This call, what the same rule asks in this run, or in every run.",
)
@common_options
def command(common: Common, request: str, words: str, reach: str) -> int:
    """Refuse the call that waits as ID (see `lion approvals`); the guest is told WORDS."""
    from lion.fittings import user_name
    from lion.upkeep import answer_request

    if len(words) > LONGEST_WORDS:
        raise OperatorError(
            f"the words for the guest have {len(words):,} characters",
            hint=f"say it in {LONGEST_WORDS:,}",
        )
    by = user_name()
    answer = Answer(allowed=False, reach=Reach(reach), by=by, via="command", words=words)
    one = answer_request(common.settings(), request, answer)
    found = one.request
    what = f"{found.capability} {found.operation} {found.target}".rstrip()
    screen = open_screen("stdout")
    screen.line(f"refused {reach}  {found.id}  {show_line(found.holder)}: {show_line(what)}")
    if not one.is_live:
        from lion.cli.asking import how_to_go_on

        screen.line(how_to_go_on(one))
    return 0
