"""A call of a host function that a system plugin offers, when the process of its run ends: its
Python is not run again for what it had begun, and what that came to is told.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.events import (
    EffectSettled,
    PluginError,
    PluginInvoked,
    PluginResult,
)
from lion.history import open_history
from lion.system import U32, Caller, function
from tests.endurance.kit import call, manifest, plugin, replayed
from tests.resume.rig import Death, Stage
from tests.system.packages.acme_shelf.acme_books import Book, Books

WORM = plugin("worm", 'allow.interfaces."acme:shelf/books" = true', component="bookworm")
PUT = call("worm.put", '{ title = "a", inner = "kept" }')
COUNT = call("worm.count")
NOT_KNOWN = "cancelled: the call was cut off; whether it took effect is not known"


ASKED: list[str] = []
"""What was asked for, before and after."""


class Lent(Books):
    """Answers."""

    is_stuck = False

    @function(target="title")
    async def put(self, title: str, book: Book, caller: Caller) -> None:
        """Keep a book."""
        await self._note("put")
        self.kept[caller.namespace, title] = book

    @function(outside=False)
    async def count(self) -> U32:
        """How many were put here."""
        await self._note("count")
        return 7

    async def _note(self, name: str) -> None:
        ASKED.append(name)
        if self.is_stuck:
            await trio.sleep_forever()


class Stuck(Lent):
    """Does not come back."""

    is_stuck = True


@pytest.fixture(autouse=True)
def asked() -> list[str]:
    ASKED.clear()
    return ASKED


At = Callable[[Death], None]


def begun(death: Death) -> None:
    """The process ends when its Python begins."""
    death.come_with(PluginInvoked, 2)


def ended(death: Death) -> None:
    """It ends when that has ended, and the guest was not told."""
    death.come_with(PluginResult)
    real, has_ended = death._log._store._add, False

    def note(draft: Any, body: bytes) -> None:
        nonlocal has_ended
        if not has_ended:  # Else it may be in the same group.
            real(draft, body)
        has_ended = has_ended or isinstance(draft.event, PluginResult)

    death._log._store._add = note


async def cut(stage: Stage, entry: str, lent: type[Lent], at: At) -> str:
    path = stage.settings.state.parent / "manifest.toml"
    path.write_text(manifest(WORM, entry))
    return await stage.cut(at=at, path=path, lent=lent)


async def resume(stage: Stage, run: str) -> Any:
    async with stage.host() as host:
        host.lend("app", Lent)
        report = await host.resume(run)
    with open_history(stage.settings) as reader:
        assert reader.verify(run).finished
    await replayed(stage.settings, run)
    return report.endings[0]


async def test_what_it_was_doing_is_not_known(stage: Stage, asked: list[str]) -> None:
    run = await cut(stage, PUT, Stuck, begun)
    ending = await resume(stage, run)
    assert ending.value == NOT_KNOWN
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("unknown", "unknown")
    assert [e.ending for e in stage.events(run, PluginError)] == ["cancelled"]
    assert asked.count("put") <= 1


async def test_what_it_had_come_to_is_told(stage: Stage, asked: list[str]) -> None:
    run = await cut(stage, PUT, Lent, ended)
    ending = await resume(stage, run)
    assert ending.ok, ending
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.rule) == ("again", "answered")
    assert asked == ["put"]


async def test_one_without_effect_is_not_asked_again_either(
    stage: Stage, asked: list[str]
) -> None:
    run = await cut(stage, COUNT, Stuck, begun)
    ending = await resume(stage, run)
    assert ending.value == NOT_KNOWN
    assert asked.count("count") <= 1
    assert [e.ending for e in stage.events(run, PluginError)] == ["cancelled"]


@pytest.mark.parametrize(
    ("entry", "told"), [(PUT, NOT_KNOWN), (COUNT, "denied: a rule forbids it")]
)
async def test_what_is_denied_today_is_not_asked(
    stage: Stage, tmp_path: Path, asked: list[str], entry: str, told: str
) -> None:
    """What may have had an effect is told as not known, and not as denied."""
    run = await cut(stage, entry, Stuck, begun)
    before = list(asked)
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["acme:shelf/books"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    assert (await resume(stage, run)).value == told
    assert asked == before
