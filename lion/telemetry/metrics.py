"""Look here if you want to know what operators can watch of a service, in Prometheus' words.

Rule: what is counted is what was recorded, read from the log beside the work: a count holds up
nobody.
Rule: labels are closed sets, whatever guests, models or manifests say: a word of theirs is no
label, and one that is not known is `other`.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import trio
import trio.lowlevel
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric

from lion.domain.capability import KNOWN
from lion.domain.events import (
    AgentCompleted,
    AgentError,
    ApprovalAsked,
    ApprovalDecided,
    CallFinished,
    Event,
    PluginError,
    PluginResult,
    TaskEnded,
)
from lion.domain.record import Record
from lion.domain.task import Principal, Role, TaskState
from lion.errors import AuditError
from lion.log.sqlite_schema import LOG_NAME
from lion.service.living import Living
from lion.web.connection import Answer, Request
from lion.web.routes import Endpoint, Routes

OTHER: Final = "other"
ENDINGS: Final = (
    "returned", "error", "trap", "deadline", "cpu", "memory", "memory-sum", "stack", "exhausted",
    "log", "world", "result", "answer", "cancelled", "interrupted",
)  # fmt: skip
BUDGETS: Final = (
    "llm.tokens", "llm.calls", "llm.money", "http bytes-in", "http bytes-out", "http requests",
    "output",
)  # fmt: skip
BUCKETS: Final = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 60.0)
"""Seconds."""


class Metrics:
    """The counts of a service, since it began."""

    def __init__(self, living: Living) -> None:
        self._living = living
        self._delay = 0.0
        self.registry = CollectorRegistry()
        one = self.registry
        self._calls = Counter(
            "lion_calls", "Host calls that ended, by capability, verdict and status.",
            ("capability", "verdict", "status"), registry=one,
        )  # fmt: skip
        self._took = Histogram(
            "lion_call_seconds", "How long host calls took, by capability.",
            ("capability",), buckets=BUCKETS, registry=one,
        )  # fmt: skip
        self._ended = Counter(
            "lion_invocations", "Calls of guests that ended, by kind and ending.",
            ("kind", "ending"), registry=one,
        )  # fmt: skip
        self._charged = Counter(
            "lion_charged", "What host calls cost of budgets, in their own units.",
            ("budget",), registry=one,
        )  # fmt: skip
        self._owed: dict[str, int] = {}
        """What was given back and not charged since, by budget."""
        self._tasks = Counter(
            "lion_tasks_ended", "Tasks that are over, by how.", ("state",), registry=one
        )
        self._approvals = Counter(
            "lion_approvals", "Questions to people: asked, allowed, refused.",
            ("what",), registry=one,
        )  # fmt: skip
        one.register(_Now(self))

    def note(self, records: Sequence[Record]) -> None:
        """Count some records. Any thread's."""
        for record in records:
            try:
                self._note(record.event())
            except AuditError:  # too large to be told, or a newer lion's
                continue

    async def written(self) -> bytes:
        """All of it, as Prometheus reads it."""
        began = time.perf_counter()
        await trio.lowlevel.checkpoint()
        self._delay = time.perf_counter() - began
        return generate_latest(self.registry)

    def now(self) -> Iterator[tuple[str, str, float]]:
        """What is so at this moment: name, meaning, value."""
        living = self._living
        service, conductor = living.service, living.service.conductor
        yield "lion_slots", "Tasks that may work at once.", service.terms.slots
        yield "lion_working", "Tasks that work.", len(conductor.working)
        yield "lion_waiting", "Tasks that wait.", conductor.waiting
        yield "lion_instances", "Instances of guests that are alive.", service.host.live
        yield "lion_decisions", "Decisions of the scheduler.", conductor.queue.decisions
        yield "lion_followers", "Who follow the log over HTTP.", living.tail.followers
        yield "lion_log_bytes", "Bytes of the log's database.", self._log_bytes()
        yield "lion_log_position", "Position of the last record that was read.", living.tail.last
        yield "lion_uncounted", "How often something recorded was not counted.", living.tail.faults
        yield "lion_loop_delay_seconds", "How long the event loop lets wait.", self._delay

    def _log_bytes(self) -> int:
        path = self._living.settings.state / LOG_NAME
        return path.stat().st_size if path.exists() else 0

    def _note(self, event: Event) -> None:
        match event:
            case CallFinished():
                capability = _one_of(event.capability, KNOWN)
                verdict = str(event.verdict or "none")
                self._calls.labels(capability, verdict, str(event.status)).inc()
                self._took.labels(capability).observe(event.took_ns / 1e9)
                for name, amount in event.charged.items():
                    self._charge(_budget(name), amount)
            case AgentCompleted() | PluginResult():
                kind = "agent" if isinstance(event, AgentCompleted) else "plugin"
                self._ended.labels(kind, "error" if event.is_error else "returned").inc()
            case AgentError() | PluginError():
                kind = "agent" if isinstance(event, AgentError) else "plugin"
                self._ended.labels(kind, _one_of(event.ending, ENDINGS)).inc()
            case TaskEnded():
                self._tasks.labels(_one_of(str(event.end.state), list(TaskState))).inc()
            case ApprovalAsked():
                self._approvals.labels("asked").inc()
            case ApprovalDecided():
                self._approvals.labels("allowed" if event.answer.allowed else "refused").inc()
            case _:
                pass

    def _charge(self, budget: str, amount: int) -> None:
        """What a call gives back of what was set aside is taken from what is charged next: a
        counter never falls.
        """
        amount += self._owed.get(budget, 0)
        self._owed[budget] = min(amount, 0)
        self._charged.labels(budget).inc(max(amount, 0))


class _Now:
    """Collects what is so at this moment."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """As prometheus_client asks for it."""
        for name, words, value in self._metrics.now():
            yield GaugeMetricFamily(name, words, value=value)


async def watched(living: Living) -> Routes:
    """Count what a service records from now on, and the route that shows it."""
    metrics = Metrics(living)
    await living.tail.hear(metrics.note)

    async def show(living: Living, request: Request, by: Principal) -> Answer:
        return Answer(content=await metrics.written(), kind=CONTENT_TYPE_LATEST)

    summary = "Counts for Prometheus."
    endpoint = Endpoint(run=show, role=Role.VIEWER, gives="text/plain", summary=summary)
    return {("GET", "metrics"): endpoint}


def _budget(name: str) -> str:
    """What kind of budget it is: `llm.tokens of fast` is `llm.tokens`."""
    words = name.split(" ")
    return _one_of(" ".join(words[:2]) if words[0] == "http" else words[0], BUDGETS)


def _one_of(word: str, known: Iterable[str]) -> str:
    return word if word in known else OTHER
