"""Look here if you want to know what `lion ask` and `lion models` have in common."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from lion.cli.diagnostics import open_diagnostics
from lion.cli.options import Common
from lion.cli.printer import open_printer
from lion.cli.session import run_trio
from lion.domain.plan import Plan
from lion.errors import OperatorError, OutsideError
from lion.review.report import RunReport

MANIFEST: Final = "manifest.toml"
_YOURS: Final = ("denied", "invalid", "not-found", "exhausted")
"""Failures of a question that somebody here has to mend: a key, a name, a budget."""

manifest_option = click.option(
    "--manifest",
    "-m",
    metavar="FILE",
    default=MANIFEST,
    show_default=True,
    help="The manifest that has the model.",
)


def run_asking(
    common: Common, plan: Plan, hear: Callable[[str, Any], None] | None = None
) -> RunReport:
    """Run a plan of lion/asking.py. Raises LionError."""
    views = [*open_diagnostics(common)]
    with open_printer(views) as printer:

        async def session() -> RunReport:
            from lion.asking import lend_asker
            from lion.opening import open_host

            async with open_host(common.settings(), signals=True) as host:
                lend_asker(host, hear)
                return await host.run(plan, watch=printer.watch if views else None)

        return run_trio(session)


def failed_exit(cases: Sequence[str]) -> int:
    """The exit code of questions that failed so: the outside's fault before one's own."""
    if any(case not in _YOURS for case in cases):
        return OutsideError.exit_code
    return OperatorError.exit_code if cases else 0
