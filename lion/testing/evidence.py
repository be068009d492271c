"""Look here if you want to know what a test can read, and assert, of what its guests did.

Rule: everything is read from the records, so it is what an audit would see.
Rule: an assertion that fails shows what was there instead.
Rule: what there is has a name and no brackets (`calls`, `kv`, `files`); what is done is a verb
(`find_calls`, `assert_denied`).
"""

from collections.abc import Iterable, Sequence
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

    def __init__(self, log: MemoryLog, namespace: str, holders: Iterable[str]) -> None:
        self._log = log
        self._namespace = namespace
        self._holders = tuple(holders)
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

    @property
    def calls(self) -> list[RecordedCall]:
        """All host calls so far, in the order in which they ended; redirects have an entry of
        their own.
        """
        return list(read_calls(self.records))

    def find_calls(self, name: str = "", holder: str = "") -> list[RecordedCall]:
        """Those of a function ("kv.get") or a capability ("kv"), of all holders or one."""
        return [c for c in self.calls if c.fits(name) and holder in ("", c.holder)]

    @property
    def denied(self) -> list[RecordedCall]:
        """The calls that were refused, by grants, policy or for want of budget."""
        return [call for call in self.calls if call.verdict != "allow"]

    @property
    def output(self) -> str:
        """What was shown by `output.text`, joined."""
        return "".join(
            c.args[0] for c in self.find_calls("output.text") if c.status == "completed"
        )

    @property
    def logged(self) -> list[tuple[str, str]]:
        """The lines that guests logged: (level, message)."""
        calls = self.find_calls("log.write")
        return [(c.args[0], c.args[1]) for c in calls if c.status == "completed"]

    @property
    def kv(self) -> dict[str, dict[str, bytes]]:
        """What the stores hold now: by holder, by key."""
        return {holder: self._kept(f"{self._namespace}/{holder}") for holder in self._holders}

    def _kept(self, namespace: str) -> dict[str, bytes]:
        tables = self._log.tables
        keys = tables.kv_list(namespace, "", None, 2**31)
        return {key: unpack(tables.kv_get(namespace, key) or "u") for key in keys}

    def assert_called(
        self, name: str, *args: Any, times: int | None = None, holder: str = ""
    ) -> None:
        """Some call of this name began with these arguments; exactly so often, if `times` is said.

        `unittest.mock.ANY` fits any argument. Raises AssertionError.
        """
        found = [c for c in self.find_calls(name, holder) if list(args) == c.args[: len(args)]]
        asked = f"{name}({', '.join(map(repr, args))}{', ' if args else ''}...)"
        if times is None and not found:
            raise AssertionError(f"nobody called {asked}; {_shown(self.find_calls(name))}")
        if times is not None and len(found) != times:
            words = f"{asked} was called {len(found)} times, not {times}"
            raise AssertionError(f"{words}; {_shown(self.find_calls(name))}")

    def assert_not_called(self, name: str, holder: str = "") -> None:
        """Nobody asked for this function or capability, not even to be refused. Raises
        AssertionError.
        """
        if found := self.find_calls(name, holder):
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
        raise AssertionError(f"{about} was not denied{why}; {_shown(self.find_calls(name))}")

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
