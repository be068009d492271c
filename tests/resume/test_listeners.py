"""What listeners hear of a run whose process ended: each record once at least, none that they had
come back from.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from lion.domain.events import CallWaits, SystemPluginFailed
from lion.host import Host
from lion.log.ownership import lock_path
from lion.settings import Settings
from lion.system import Heard, PluginHost, SystemPlugin
from tests.endurance.kit import manifest
from tests.resume.rig import Death, Stage, Step, stepper, steps
from tests.resume.test_handles import SAY

EARS = '[system.one]\nuse = "one"\n[system.two]\nuse = "two"\n'
WORDS: list[Step] = [["say", "a"], ["say", "b"], SAY, ["say", "c"]]
ALL = ["a", "b", "c", "end"]
Then = Callable[[str], Awaitable[None]]


async def nothing(word: str) -> None:
    """What is done with a word."""


class Hall(Stage):
    """A stage with two listeners; `heard` is what each was told, `then` what `one` does then."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.heard: dict[str, list[str]] = {"one": [], "two": []}
        self.then: Then = nothing

    @asynccontextmanager
    async def host(self, **fittings: Any) -> AsyncIterator[Host]:
        """A host that has them."""
        async with super().host(**fittings) as host:
            for name in self.heard:
                host.lend(name, self.ear(name))
            yield host

    def ear(self, name: str) -> type[SystemPlugin]:
        """One of them."""

        class Ear(SystemPlugin):
            """Hears what guests say, and the end."""

            contract = 1
            hears = ("AgentPartialOutput", "RunEnding")

            async def hear(ear, event: Heard, host: PluginHost) -> None:
                """Note it."""
                word = "end" if event.type == "RunEnding" else event.fields["args"][0].strip()
                self.heard[name].append(word)
                if name == "one":
                    await self.then(word)

        return Ear

    async def say(self, at: Callable[[Death], None] | None = None) -> str:
        """A run in which WORDS are said until its process ends; its id."""
        path = self.settings.state.parent / "manifest.toml"
        path.write_text(manifest(stepper(), EARS, steps(*WORDS)))
        return await self.cut(at=at, path=path)

    async def go_on(self, run: str) -> dict[str, list[str]]:
        """What each is told from then on."""
        self.heard, self.then = {"one": [], "two": []}, nothing
        await self.resume(run)
        return self.heard

    def die_hearing(self, word: str) -> Then:
        """The process ends while `one` hears a word."""

        async def then(heard: str) -> None:
            if heard == word:
                await trio.testing.wait_all_tasks_blocked()
                self.death.come()
                await trio.sleep_forever()

        return then


@pytest.fixture
def hall(stage: Stage) -> Hall:
    return Hall(stage.settings)


@pytest.mark.parametrize("word", ["a", "b", "c", "end"])
async def test_what_it_was_at_is_told_again_and_nothing_before(hall: Hall, word: str) -> None:
    hall.then = hall.die_hearing(word)
    run = await hall.say()
    assert hall.heard["one"] == ALL[: ALL.index(word) + 1]
    before = [word for word in hall.heard["two"] if word != "end"]
    after = await hall.go_on(run)
    assert after["one"] == ALL[ALL.index(word) :]
    assert before + after["two"] == ALL


async def test_what_had_waited_is_told(hall: Hall) -> None:
    """One that was held up all the while."""

    async def then(heard: str) -> None:
        await trio.sleep_forever()

    hall.then = then
    run = await hall.say(lambda death: death.come_with(CallWaits))
    assert len(hall.heard["one"]) < 2
    assert (await hall.go_on(run))["one"] == ALL


async def test_after_a_second_death_too(hall: Hall) -> None:
    hall.then = hall.die_hearing("a")
    run = await hall.say()
    hall.heard, hall.then = {"one": [], "two": []}, hall.die_hearing("b")
    await hall.cut_again(run)
    assert hall.heard["one"] == ["a", "b"]
    assert (await hall.go_on(run))["one"] == ["b", "c", "end"]


async def test_what_it_failed_with_is_not_told_again(hall: Hall) -> None:
    async def then(heard: str) -> None:
        raise ValueError(heard)

    hall.then = then
    run = await hall.say(lambda death: death.come_with(SystemPluginFailed))
    assert (await hall.go_on(run))["one"] == ALL[1:]


@pytest.mark.parametrize("line", [b"", b"\xff{\n", b'{"one": "x"}\n', b'{"two": 1000000}\n'])
async def test_what_cannot_be_read_is_told_from_the_first(hall: Hall, line: bytes) -> None:
    hall.then = hall.die_hearing("b")
    run = await hall.say()
    path = lock_path(hall.settings.state, run)
    path.write_bytes(path.read_bytes()[:256] + line)
    after = await hall.go_on(run)
    assert after["one"] == ALL
    assert after["two"] == (["c", "end"] if b"two" in line else ALL)
