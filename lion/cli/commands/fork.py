"""Look here if you want to know what `lion fork` does."""

from functools import partial

import click

from lion.cli.options import Common, ask_option, common_options, pairs_option, set_option
from lion.cli.screen import open_screen
from lion.cli.session import fork_watched
from lion.cli.summary import render_summary, summary_json
from lion.errors import OperatorError

NOT_TAKEN_BACK = (
    "note: times, what guests keep and files are as they are now, not as they were then"
)


@click.command("fork")
@click.argument("run")
@click.option("--at", type=int, metavar="N", help="The last record that stays as it was.")
@set_option
@pairs_option("--model", "models", "NAME=OTHER", "Have another model of the manifest answer.")
@pairs_option("--answer", "answers", "ID=once|no", "Answer an approval's request otherwise.")
@ask_option
@common_options
def command(
    common: Common, run: str, at: int | None, sets: dict[str, str], models: dict[str, str],
    answers: dict[str, str], asks: bool,
) -> int:  # fmt: skip
    """Begin a new run that was RUN up to record N, and goes on from there with what is changed.

    RUN stays as it is, and cannot be forgotten while the new one is there. With --answer, N is by
    itself the record before the question.
    """
    from lion.forking import Changes

    for word in answers.values():
        if word not in ("once", "no"):
            raise OperatorError(f"{word!r} is no answer", hint="write once or no")
    note = partial(open_screen("stderr").line, NOT_TAKEN_BACK)
    screen = open_screen("stdout")
    shown = None if common.as_json else screen
    changes = Changes(sets=sets, models=models, answers=answers)
    report, plan = fork_watched(common, run, at, changes, shown, asks=asks, begins=note)
    if common.as_json:
        screen.line(summary_json(report))
    else:
        for line in render_summary(report, plan, common, screen):
            screen.line(line)
    return report.exit_code
