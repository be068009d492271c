"""Look here if you want to know how a test ends the process of a run at a moment of its choice,
and goes on with the run.

Rule: host, engine, log and disk are the real ones. What ends is the log: from one moment on it
takes nothing more, as if its process were gone, and whatever the run does after that leaves no
record. (Processes that are killed are in tests/endurance/test_resume_kills.py.)
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import trio

from lion.capabilities.table import build_operations
from lion.domain.events import EffectSettled, Event
from lion.domain.record import Record
from lion.errors import LionError
from lion.fittings import Fittings
from lion.history import open_history
from lion.host import Host
from lion.opening import open_fitted
from lion.ports import Operation
from lion.review.report import RunReport
from lion.settings import Settings
from tests.endurance.kit import ROOT, call, manifest, plugin, replayed

Step = Sequence[Any]


def steps(*program: Step, plugin: str = "stepper") -> str:
    """A call of a stepper with this program, for a manifest."""
    written = json.dumps(program)
    assert "'''" not in written
    return call(f"{plugin}.go", f"{{ program = '''{written}''' }}")


def stepper(*lines: str, name: str = "stepper") -> str:
    """A stepper's table of a manifest."""
    return plugin(name, *lines, component="stepper")


def rows(title: str) -> list[str]:
    """The first cells of the table below a title of docs/resume.md."""
    page = (ROOT / "docs" / "resume.md").read_text("utf-8")
    part = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines() if "|" in line]
    return [cell for cell in cells if cell not in ("what", "rule") and "---" not in cell]


RULES = {rule.strip("`") for row in rows("What had begun") for rule in row.split(", ")}
"""What is done about what had begun goes by one of these."""


class Killed(Exception):
    """What the log says when its process is gone."""


class Death:
    """Ends a run's process at a moment; `has_come` once it did."""

    def __init__(self) -> None:
        self.has_come = trio.Event()
        self._log: Any = None
        self._write: Any = None

    def watch(self, host: Host) -> None:
        """The host whose log is to end."""
        self._log = host._log
        self._write = self._log._store.write

    def come(self) -> None:
        """Now: nothing more is written."""

        def refuse(*_: Any) -> Any:
            raise Killed

        self._log._store.write = refuse
        self.has_come.set()

    def come_with(
        self, kind: type[Event], number: int = 1, *, durable: bool = True, **fields: Any
    ) -> None:
        """When the `number`-th record of a kind (and these fields) is written: just after it, or
        before anything of its group is."""
        left = [number]

        def is_it(draft: Any) -> bool:
            event = draft.event
            return isinstance(event, kind) and all(
                getattr(event, name) == value for name, value in fields.items()
            )

        add = self._log._store._add

        def note(draft: Any, body: bytes) -> None:
            left[0] -= is_it(draft)
            if left[0] <= 0 and not durable:
                trio.from_thread.run_sync(self.come)
                raise Killed
            add(draft, body)

        def write(group: Any, followed: Any) -> Any:
            records = self._write(group, followed)
            if left[0] <= 0:
                trio.from_thread.run_sync(self.come)
            return records

        self._log._store._add = note
        self._log._store.write = write


class Stage:
    """One state directory, and what runs are fitted with."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.death = Death()
        self.operations: dict[tuple[str, str], Operation] = build_operations()

    def die_at(self, capability: str, name: str, number: int = 1, *, after: bool) -> None:
        """Let the process end where the `number`-th call of an operation has its effect: just
        before that, or just after."""
        operation = build_operations()[capability, name]
        left = [number]

        async def execute(caller: Any, *args: Any) -> Any:
            left[0] -= 1
            value = await operation.execute(caller, *args) if left[0] or after else None
            if not left[0]:
                self.death.come()
                await trio.sleep_forever()
            return value

        self.operations[capability, name] = msgspec.structs.replace(operation, execute=execute)

    def _sleep_durably(self) -> None:
        """Let nobody sleep before the log has what came until then: whoever dies in a sleep does
        not wake, however slow the log is."""
        known = self.operations["clock", "sleep"]

        async def execute(caller: Any, *args: Any) -> Any:
            await caller.live.log.commit()
            if self.death.has_come.is_set():
                await trio.sleep_forever()
            return await known.execute(caller, *args)

        self.operations["clock", "sleep"] = msgspec.structs.replace(known, execute=execute)

    @asynccontextmanager
    async def host(self, **fittings: Any) -> AsyncIterator[Host]:
        """A host of this directory."""
        fitted = Fittings(**{"operations": self.operations, **fittings})
        async with open_fitted(self.settings, "", False, fitted) as host:
            yield host

    async def cut(
        self,
        *parts: str,
        at: Callable[[Death], None] | None = None,
        path: Path | None = None,
        lent: Mapping[str, Any] | None = None,
        **fittings: Any,
    ) -> str:
        """Run a manifest until its process ends; its id. `at` says when, if no `die_at` did."""
        death = self.death = Death()
        self._sleep_durably()
        run = ""
        with suppress(LionError):
            async with self.host(**fittings) as host:
                death.watch(host)
                if lent is not None:
                    host.lend("app", lent)
                text = manifest(*parts) if path is None else path
                started = await host.start(text, folder=self.settings.state.parent)
                run = started.id
                if at is not None:
                    at(death)
                with trio.fail_after(60):
                    await death.has_come.wait()
                started.cancel()
        self.operations = build_operations()
        return run

    def is_known(self, run: str) -> bool:
        """Anything of it is durable."""
        with open_history(self.settings) as reader:
            return any(one.run == run for one in reader.runs())

    async def cut_again(self, run: str, at: Callable[[Death], None] | None = None) -> bool:
        """Go on with a run until its process ends anew; whether that came before the run's end."""
        death = self.death = Death()
        self._sleep_durably()
        with suppress(LionError):
            async with self.host() as host, trio.open_nursery() as nursery:
                death.watch(host)
                if at is not None:
                    at(death)

                async def go() -> None:
                    with suppress(LionError):
                        await host.resume(run)
                    nursery.cancel_scope.cancel()

                nursery.start_soon(go)
                with trio.fail_after(60):
                    await death.has_come.wait()
                nursery.cancel_scope.cancel()
        self.operations = build_operations()
        return death.has_come.is_set()

    async def resume(self, run: str, **words: Any) -> RunReport:
        """Go on with a run to its end; its log verifies, and its replay is identical."""
        async with self.host() as host:
            report = await host.resume(run, **words)
        with open_history(self.settings) as reader:
            assert reader.verify(run).finished
        await replayed(self.settings, run)
        assert {e.rule for e in self.events(run, EffectSettled)} <= RULES
        return report

    def records(self, run: str) -> list[Record]:
        """All of a run."""
        with open_history(self.settings) as reader:
            return list(reader.records(run))

    def events(self, run: str, kind: type[Any]) -> list[Any]:
        """Its events of one kind."""
        return [r.event() for r in self.records(run) if r.type == kind.__name__]


def said(report: RunReport, at: int = 0) -> list[Any]:
    """What each step of a program gave."""
    ending = report.endings[at]
    assert ending.ok, ending
    found: list[Any] = json.loads(ending.value)
    return found


def error_of(value: Mapping[str, str]) -> str:
    """The case of a step that failed."""
    return value["error"].partition(":")[0]


Answer = Callable[..., Awaitable[Any]]
