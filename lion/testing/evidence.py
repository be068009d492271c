"""Look here if you want to know what a test can read, and assert, of what its guests did.

Rule: everything is read from the records, so it is what an audit would see.
Rule: an assertion that fails shows what was there instead.
"""

from collections.abc import Sequence
from typing import Any

from lion.domain.events import Event
from lion.domain.record import Record
from lion.log.memory import MemoryLog
from lion.review.report import RunReport
from lion.testing.calls import RecordedCall, read_calls
from lion.testing.errors import is_told
from lion.values.packed import unpack

__tracebackhide__ = is_told

MOST_SHOWN = 20


class Evidence:
    """What the runs of a kit left. `reports` has one for each, oldest first."""

    def __init__(self, log: MemoryLog, namespace: str) -> None:
        self._log = log
        self._namespace = namespace
        self.reports: list[RunReport] = []

    @property
    def records(self) -> list[Record]:
        """All records of all runs."""
        reader = self._log.reader()
        return [record for run in reader.runs() for record in reader.records(run.run)]

    @property
    def events(self) -> list[Event]:
        """What the records say."""
        return [record.event() for record in self.records]

    def calls(self, name: str = "", holder: str = "") -> list[RecordedCall]:
        """The host calls so far: of a function ("kv.get"), a capability ("kv") or all.

        In the order in which they ended. Redirects have an entry of their own.
        """
        return [
            call
            for call in read_calls(self.records)
            if call.fits(name) and holder in ("", call.holder)
        ]

    @property
    def denied(self) -> list[RecordedCall]:
        """The calls that were refused, by grants, policy or for want of budget."""
        return [call for call in self.calls() if call.verdict != "allow"]

    @property
    def output(self) -> str:
        """What was shown by `output.text`, joined."""
        return "".join(c.args[0] for c in self.calls("output.text") if c.status == "completed")

    @property
    def logged(self) -> list[tuple[str, str]]:
        """The lines that guests logged: (level, message)."""
        calls = self.calls("log.write")
        return [(c.args[0], c.args[1]) for c in calls if c.status == "completed"]

    def kv(self, holder: str) -> dict[str, bytes]:
        """What a holder's store holds now."""
        tables, namespace = self._log.tables, f"{self._namespace}/{holder}"
        keys = tables.kv_list(namespace, "", None, 2**31)
        return {key: unpack(tables.kv_get(namespace, key) or "u") for key in keys}

    def assert_called(
        self, name: str, *args: Any, times: int | None = None, holder: str = ""
    ) -> None:
        """Some call of this name began with these arguments; exactly so often, if `times` is said.

        `unittest.mock.ANY` fits any argument. Raises AssertionError.
        """
        found = [c for c in self.calls(name, holder) if list(args) == c.args[: len(args)]]
        asked = f"{name}({', '.join(map(repr, args))}{', ' if args else ''}...)"
        if times is None and not found:
            raise AssertionError(f"nobody called {asked}; {_shown(self.calls(name))}")
        if times is not None and len(found) != times:
            words = f"{asked} was called {len(found)} times, not {times}"
            raise AssertionError(f"{words}; {_shown(self.calls(name))}")

    def assert_not_called(self, name: str, holder: str = "") -> None:
        """Nobody asked for this function or capability, not even to be refused. Raises
        AssertionError.
        """
        if found := self.calls(name, holder):
            raise AssertionError(f"{name} was called; {_shown(found)}")

    def assert_denied(self, name: str, target: str | None = None, reason: str = "") -> None:
        """Some call of this name (about this target) was refused, for a reason with these words
        in it. Raises AssertionError.
        """
        for call in self.denied:
            if call.fits(name) and target in (None, call.target) and reason in call.reason:
                return
        about = name if target is None else f"{name} {target}"
        why = f" for {reason!r}" if reason else ""
        raise AssertionError(f"{about} was not denied{why}; {_shown(self.calls(name))}")

    def assert_nothing_denied(self) -> None:
        """Every call was allowed. Raises AssertionError."""
        if found := self.denied:
            lines = dict.fromkeys(d.suggestion for r in self.reports for d in r.denials)
            allow = "".join(f"\n  allow it: {line}" for line in lines if line)
            raise AssertionError(f"calls were denied; {_shown(found)}{allow}")


def _shown(calls: Sequence[RecordedCall]) -> str:
    if not calls:
        return "there was no such call"
    lines = "".join(f"\n  {str(call)[:300]}" for call in calls[-MOST_SHOWN:])
    return f"the calls were:{lines}"
