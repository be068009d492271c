"""Look here if you want to know what `lion serve` does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import msgspec

from lion.cli.diagnostics import hear_diagnostics
from lion.cli.options import Common, common_options, set_option
from lion.cli.place_options import place_of, place_options
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.plans import read_plan
from lion.settings import Settings

if TYPE_CHECKING:
    from lion.service.living import Living
    from lion.serving import Doors
    from lion.web.tcp import Place


@click.command("serve")
@click.argument("manifests", metavar="[MANIFEST...]", nargs=-1)
@click.option("--slots", type=click.IntRange(1), help="How many tasks work at the same time.")
@place_options
@set_option
@common_options
def command(
    common: Common, manifests: Sequence[str], slots: int | None, sets: dict[str, str], **words: Any
) -> int:
    """Be the service of a state directory: take tasks, plugins and commands until it is stopped.

    MANIFESTs are taken into its workspace as they are now; their [[run]] is not started. SIGTERM
    and SIGINT let what works go on for its grace; a second one does not wait. What is left then
    goes on at the next start.

    A page and the API are at http://127.0.0.1:8080; the address that is printed signs a browser
    in, once, and `lion token url` makes another. Other addresses need a certificate, or a proxy
    that has one; who comes by them needs a token (lion token create).
    """
    place = place_of(words)
    plans = [read_plan(word, sets) for word in manifests]
    terms = terms_of(plans, slots)
    settings = common.settings()

    def ready(words: str, changed: Mapping[str, Sequence[str]], doors: "Doors | None") -> None:
        screen = open_screen("stdout")
        if common.as_json:
            facts = {"state": "ready", "directory": str(settings.state), "slots": terms.slots}
            at = {"url": doors.origin, "sign_in": doors.once} if doors else {}
            screen.line(msgspec.json.encode({**facts, **at, "changed": changed}).decode())
            return
        for name, lines in changed.items():
            for line in lines:
                screen.line(f"updated  {name}: {show_line(line)}")
        screen.line(words)
        if doors:
            screen.line(f"page   {doors.once or doors.origin}")

    hear = partial(hear_diagnostics, common)
    return run_trio(lambda: _serve(settings, plans, terms, place, ready, hear))


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
    settings: Settings,
    plans: Sequence[Plan],
    terms: ServiceTerms,
    place: "Place | None",
    ready: "Callable[[str, Mapping[str, Sequence[str]], Doors | None], None]",
    hear: "Callable[[Living], Awaitable[None]]",
) -> int:
    from lion.mcp.at_service import mcp_routes
    from lion.page.site import pages
    from lion.serving import leave, open_doors, open_living, serve_until_stopped
    from lion.telemetry.metrics import watched

    async with AsyncExitStack() as stack:
        living = await stack.enter_async_context(open_living(settings, plans, terms))
        more = {**pages(), **await watched(living), **mcp_routes(living)}
        doors = await stack.enter_async_context(open_doors(living, settings, place, more))
        await hear(living)
        names = ", ".join(living.service.chain.state.workspace.manifests) or "nothing installed"
        words = f"ready: {settings.state} ({terms.slots} slots; {names})"
        was_cut = await serve_until_stopped(living, partial(ready, words, living.changed, doors))
        await living.tail.settle()
        if was_cut:
            leave(settings)
    return 0
