"""Look here if you want to know which spans a run has: one of its own, one for each invocation,
one for each host call that reaches out or was denied, one for each answer of a model.

Rule: spans are read off committed records, so that watching costs a guest nothing and works after
the fact.
Rule: what a guest or a model said is told only where it was asked for, and cut to `MOST` bytes.
Rule: ids come of the run's and the call's names, so that the same run has the same trace twice.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec

from lion.domain.events import (
    AgentCompleted,
    AgentError,
    AgentSpawned,
    CallFinished,
    Event,
    PluginError,
    PluginInvoked,
    PluginResult,
    RunFinished,
    RunStarted,
)
from lion.domain.record import Record
from lion.telemetry import names as n
from lion.telling.calls import Calls

MOST: Final = 8 * 1024
"""Bytes of a text that is content."""
_LONGEST: Final = 1_024
"""Characters of a name, a target, a reason."""
_QUIET: Final = frozenset(("log", "clock", "random", "config", "output", "poll", "denials"))
"""What reaches nobody and is no span, unless it was denied."""

Value = str | int | tuple[str, ...]


class Span(msgspec.Struct, kw_only=True):
    """A span; times in nanoseconds since 1970, ids in hex. `error` is its status's message."""

    span: str
    parent: str
    name: str
    kind: int
    began_ns: int
    ended_ns: int
    attributes: dict[str, Value]
    error: str | None = None


class Teller:
    """Turns a run's records, in order, into spans; each as soon as it has ended."""

    def __init__(self, calls: Calls, run: str, *, with_content: bool) -> None:
        self.trace = _id(run, 16)
        self._calls = calls
        self._run = run
        self._with_content = with_content
        self._root = Span(
            span=_id(f"{run}/", 8), parent="", name="run", kind=n.INTERNAL, began_ns=0, ended_ns=0,
            attributes={n.RUN: run},
        )  # fmt: skip
        self._open: dict[str, Span] = {}
        self._answers: dict[str, dict[int, Span]] = {}
        self._providers: dict[str, str] = {}

    def tell(self, records: Iterable[Record]) -> Iterator[Span]:
        """The spans. Raises AuditError for a record that cannot be read."""
        for record in records:
            event = self._calls.read(record).event
            self._root.began_ns = self._root.began_ns or record.time_ns
            self._root.ended_ns = record.time_ns
            yield from self._note(record, event)
        for span in self._open.values():
            span.ended_ns, span.error = self._root.ended_ns, "the record ends before it did"
            yield span
        yield self._root

    def _note(self, record: Record, event: Event) -> Iterator[Span]:
        match event:
            case RunStarted():
                self._begin_run(event)
            case RunFinished():
                self._root.attributes[n.EXIT] = event.exit_code
                self._root.error = f"exit code {event.exit_code}" if event.exit_code else None
            case AgentSpawned() | PluginInvoked():
                self._begin(record, event)
            case AgentCompleted() | AgentError() | PluginResult() | PluginError():
                yield from self._end(record, event)
            case CallFinished():
                yield from self._call(record, event)

    def _begin_run(self, event: RunStarted) -> None:
        self._root.name = f"run {event.manifest_name[:_LONGEST]}"
        models = event.manifest.get("models")
        for name, model in models.items() if isinstance(models, dict) else ():
            self._providers[str(name)] = str(model.get("provider", "")) or "unknown"

    def _begin(self, record: Record, event: AgentSpawned | PluginInvoked) -> None:
        if record.invocation in self._open:  # another try of the same task
            return
        attributes: dict[str, Value] = {n.INVOCATION: record.invocation, n.SEQ: record.seq}
        attributes[n.DIGEST] = record.component_digest
        if isinstance(event, AgentSpawned):
            operation, what = n.INVOKE_AGENT, event.agent
            attributes |= {n.AGENT_NAME: what, n.AGENT_ID: record.component_digest}
            attributes[n.CONVERSATION] = f"{self._run}/{record.invocation}"
            said: Any = event.task
        else:
            operation, what = n.EXECUTE_TOOL, f"{record.principal}.{event.export}"
            attributes |= {n.TOOL_NAME: what, n.TOOL_TYPE: "extension"}
            said = event.args
        attributes[n.OPERATION] = operation
        if self._with_content:
            attributes[n.TOOL_ARGUMENTS] = _content(said)
        self._open[record.invocation] = Span(
            span=_id(f"{self._run}/{record.invocation}", 8), parent=self._parent(record),
            name=f"{operation} {what[:_LONGEST]}", kind=n.INTERNAL, began_ns=record.time_ns,
            ended_ns=0, attributes=attributes,
        )  # fmt: skip

    def _parent(self, record: Record) -> str:
        """The call that led here has a span: tools are never quiet."""
        invocation, _, call = record.cause.partition("#")
        return self._call_id(invocation, int(call)) if call.isdecimal() else self._root.span

    def _end(
        self, record: Record, event: AgentCompleted | AgentError | PluginResult | PluginError
    ) -> Iterator[Span]:
        yield from self._answers.pop(record.invocation, {}).values()
        span = self._open.pop(record.invocation, None)
        if span is None:
            return
        span.ended_ns = record.time_ns
        span.attributes[n.CPU] = event.cpu_ns
        if isinstance(event, AgentError | PluginError):
            span.attributes[n.ERROR], span.error = event.ending, event.error[:_LONGEST]
        else:
            if event.is_error:
                span.attributes[n.ERROR], span.error = "error", "it returned an error of its own"
            if self._with_content:
                span.attributes[n.TOOL_RESULT] = _content(event.value)
        yield span

    def _call(self, record: Record, event: CallFinished) -> Iterator[Span]:
        is_denied = event.status == "denied" or event.verdict == "deny"
        if event.capability == "llm":
            yield from self._model(record, event)
            return
        if not is_denied and (event.capability in _QUIET or "." in event.operation):
            return
        yield self._span(record, event, f"{event.capability} {event.operation}", n.INTERNAL)

    def _model(self, record: Record, event: CallFinished) -> Iterator[Span]:
        """An answer as it comes is one span, from the question to its last piece."""
        if event.operation == "answer.next":
            self._heard(record, event)
            return
        if event.operation not in ("ask", "start") and event.status == "completed":
            return
        model = event.target[:_LONGEST]
        span = self._span(record, event, f"{n.CHAT} {model}", n.CLIENT)
        span.attributes |= {n.OPERATION: n.CHAT, n.MODEL: model}
        span.attributes[n.PROVIDER] = self._providers.get(event.target, "unknown")
        if self._with_content and event.args and isinstance(event.args[0], dict):
            span.attributes[n.INPUT_MESSAGES] = _content(event.args[0].get("messages", ""))
        match event.value:
            case ["ok", {"answer": int(handle)}]:
                self._answers.setdefault(record.invocation, {})[handle] = span
                return
            case ["ok", {"usage": dict(usage), "stop": stop}]:
                _use(span, usage)
                span.attributes[n.FINISH] = (str(stop),)
        yield span

    def _heard(self, record: Record, event: CallFinished) -> None:
        handle = event.args[0] if event.args else None
        span = self._answers.get(record.invocation, {}).get(handle) if handle is not None else None
        if span is None:
            return
        span.ended_ns = record.time_ns
        match event.value:
            case ["ok", ["usage", dict(usage)]]:
                _use(span, usage)
            case ["ok", ["stop", stop]]:
                span.attributes[n.FINISH] = (str(stop),)
            case ["err", [str(case), str(text)]]:
                span.attributes[n.ERROR], span.error = case, text[:_LONGEST]

    def _span(self, record: Record, event: CallFinished, name: str, kind: int) -> Span:
        attributes: dict[str, Value] = {
            n.SEQ: record.seq, n.INVOCATION: record.invocation, n.CAPABILITY: event.capability,
            n.OPERATION_OF: event.operation, n.VERDICT: str(event.verdict or ""),
            n.DECIDED_BY: event.decided_by, n.GRANT: event.grant[:_LONGEST],
        }  # fmt: skip
        if event.target:
            attributes[n.TARGET] = event.target[:_LONGEST]
        method, _, url = event.target.partition(" ")
        if event.capability == "http" and url:
            kind = n.CLIENT
            attributes |= {n.METHOD: method, n.URL: url[:_LONGEST]}
        error = None
        if event.status != "completed" or event.verdict == "deny":
            error = (event.reason or str(event.status))[:_LONGEST]
            attributes[n.ERROR] = "denied" if event.verdict == "deny" else str(event.status)
        return Span(
            span=self._call_id(record.invocation, record.call),
            parent=_id(f"{self._run}/{record.invocation}", 8),
            name=name[:_LONGEST], kind=kind, began_ns=record.time_ns - event.took_ns,
            ended_ns=record.time_ns, attributes={k: v for k, v in attributes.items() if v != ""},
            error=error,
        )  # fmt: skip

    def _call_id(self, invocation: str, call: int) -> str:
        return _id(f"{self._run}/{invocation}#{call}", 8)


def _use(span: Span, usage: dict[str, Any]) -> None:
    for name, key in ((n.INPUT, "input"), (n.OUTPUT, "output")):
        if isinstance(usage.get(key), int):
            span.attributes[name] = usage[key]


def _content(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text.encode("utf-8", "replace")[:MOST].decode("utf-8", "ignore")


def _id(text: str, size: int) -> str:
    return sha256(text.encode()).digest()[:size].hex()
