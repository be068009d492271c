"""Look here if you want to know how a test reads the host calls of a run from its records."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from lion.domain.events import CallFinished, CallRedirected, CallRequested
from lion.domain.pairing import Pairs
from lion.domain.record import Record


class RecordedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One host call: who asked what, how that was decided, and what he was answered.

    `name` is the host function ("kv.get"), `target` what it is about (a key, `GET https://...`),
    `args` are WIT values. `verdict` is allow, ask or deny, with `reason` and `decided_by`.
    `status` is completed, denied, failed, cancelled or unknown; "redirected" for a redirect of a
    call under way, which was decided anew. `answer` is what `ok` carries, `error` the case of the
    error and `text` its words.
    """

    run: str
    holder: str
    invocation: str
    name: str
    target: str
    args: list[Any]
    verdict: str
    reason: str
    decided_by: str
    status: str
    answer: Any = None
    error: str = ""
    text: str = ""

    def fits(self, name: str) -> bool:
        """True for its own name, its capability's ("kv"), and for an empty one."""
        return name in ("", self.name, self.name.partition(".")[0])

    def __str__(self) -> str:
        args = ", ".join(map(repr, self.args))
        said = f"{self.error}: {self.text}" if self.error else repr(self.answer)
        decided = "" if self.verdict == "allow" else f" [{self.verdict}: {self.reason}]"
        return f"{self.holder}: {self.name}({args}) -> {said}{decided}"


def read_calls(records: Iterable[Record]) -> Iterator[RecordedCall]:
    """The calls of a run in the order in which they ended. Raises AuditError."""
    pairs = Pairs()
    for record in records:
        match record.event():
            case CallRequested() as intent:
                pairs.note(record, intent)
            case CallRedirected() as event:
                yield _call(record, event, "redirected", ("err", ("deny", event.reason)))
            case CallFinished() as outcome:
                whole, _ = pairs.join(record, outcome)
                yield _call(record, whole, whole.status, whole.value)
            case _:
                pass


def _call(
    record: Record, about: CallFinished | CallRedirected, status: str, value: Any
) -> RecordedCall:
    tag, given = value
    case, text = given if tag == "err" else ("", "")
    return RecordedCall(
        run=record.run, holder=record.principal, invocation=record.invocation,
        name=f"{about.capability}.{about.operation}", target=about.target,
        args=list(getattr(about, "args", None) or []), verdict=str(about.verdict or ""),
        reason=about.reason, decided_by=about.decided_by, status=str(status),
        answer=given if tag == "ok" else None, error=case, text=text,
    )  # fmt: skip
