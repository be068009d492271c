"""Look here if you want to know what `lion serve` does."""

from collections.abc import Callable, Sequence

import click
import msgspec

from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.errors import INTERRUPTED, OperatorError
from lion.plans import read_plan
from lion.settings import Settings


@click.command("serve")
@click.argument("manifests", metavar="[MANIFEST...]", nargs=-1)
@click.option("--slots", type=click.IntRange(1), help="How many tasks work at the same time.")
@set_option
@common_options
def command(
    common: Common, manifests: Sequence[str], slots: int | None, sets: dict[str, str]
) -> int:
    """Be the service of a state directory: take tasks, plugins and commands until it is stopped.

    MANIFESTs are taken into its workspace as they are now; their [[run]] is not started. SIGTERM
    and SIGINT let what works go on for its grace; a second one interrupts it.
    """
    plans = [read_plan(word, sets) for word in manifests]
    terms = terms_of(plans, slots)
    settings = common.settings()

    def ready(words: str) -> None:
        if common.as_json:
            facts = {"state": "ready", "directory": str(settings.state), "slots": terms.slots}
            open_screen("stdout").line(msgspec.json.encode(facts).decode())
        else:
            open_screen("stdout").line(words)

    return run_trio(lambda: _serve(settings, plans, terms, ready))


def terms_of(plans: Sequence[Plan], slots: int | None) -> ServiceTerms:
    """On which terms a service of these manifests works. Raises OperatorError if two say."""
    saying = [plan for plan in plans if plan.service is not None]
    if len(saying) > 1:
        names = ", ".join(repr(plan.name) for plan in saying)
        raise OperatorError(
            f"several manifests have a [service]: {names}", hint="leave it in one of them"
        )
    terms = (saying[0].service if saying else None) or ServiceTerms()
    return terms if slots is None else msgspec.structs.replace(terms, slots=slots)


async def _serve(
    settings: Settings, plans: Sequence[Plan], terms: ServiceTerms, ready: Callable[[str], None]
) -> int:
    from lion.serving import open_doors, open_living, serve_until_stopped

    async with open_living(settings, plans, terms) as living, open_doors(living, settings):
        names = ", ".join(living.service.chain.state.workspace.manifests) or "nothing installed"
        ready(f"ready: {settings.state} ({terms.slots} slots; {names})")
        was_cut = await serve_until_stopped(living)
    return INTERRUPTED if was_cut else 0
