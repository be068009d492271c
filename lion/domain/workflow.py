"""Look here if you want to know what a workflow of a manifest is: its steps, and what each says.

Rule: a text that begins with `=` is an expression (CEL), one that begins with `==` the rest of
itself behind the first `=`; anything else is itself.
Rule: these structs, encoded, are the workflow's code: their digest is its component's, and a
replay reads them from the log. A new key has a default that means what lay before it.
"""

import re
from typing import Any, Final

import msgspec

_SECOND: Final = 1_000_000_000

STEP_PATTERN: Final = "[a-z][a-z0-9_]{0,63}"
"""Names of steps and variables: an expression says `steps.NAME`, where `-` would be a minus."""
STEP_FORMS: Final = 'a lower-case letter, then letters, digits and "_", at most 64 in all'

is_step_name = re.compile(STEP_PATTERN).fullmatch
KINDS: Final = ("call", "agent", "workflow", "ask", "value", "wait")
"""What a step may be; the keys of which it has one."""
JOINS: Final = ("all", "any", "ended")
SERIALS: Final = ("json", "json-lines", "csv", "text")
MOST_STEPS: Final = 10_000
"""Steps of one workflow."""
MOST_ITEMS: Final = 100_000
"""Items of one fan-out, whatever a manifest says."""
MOST_AT_ONCE: Final = 512
"""Jobs of one workflow under way at the same time, whatever a manifest says."""
MOST_JOBS: Final = 1_000_000
"""Jobs that one workflow begins, whatever a manifest says."""
SOONEST: Final = 1_000_000
"""Nanoseconds between two ticks of a step, at least."""
BUS: Final = "bus "
"""How an event of a rule begins that is a message on a topic of the bus: `bus news.*`."""
MOST_TOPICS: Final = 32
"""Patterns of topics that one workflow hears."""


def topic_of(event: str) -> str:
    """The pattern of topics that an event of a rule is of; empty: it is another event."""
    return event[len(BUS) :] if event.startswith(BUS) else ""


class Retry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A job that failed in one of the ways `on` is tried again, at most `times`, after `wait_ns`
    that grows by `factor` up to `most_ns`.
    """

    times: int
    wait_ns: int = _SECOND
    factor: float = 2.0
    most_ns: int = 300 * _SECOND
    on: tuple[str, ...] = ("timeout", "unavailable")


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to do. `kind` is one of KINDS, `target` whom it asks (`plugin.tool`, an agent, a
    workflow), `given` what with: arguments, a task, a question, a value, nanoseconds.

    `form` is the JSON schema of a person's answer; `records` the format in which an agent's output
    is read while it writes.
    """

    kind: str
    target: str = ""
    given: Any = None
    form: dict[str, Any] | None = None
    records: str = ""


class Before(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done to arguments before a job begins: `enrich` adds to them, `check` is their JSON
    schema, and `count` jobs of the step begin in any `period_ns` (0: no bound).
    """

    enrich: dict[str, Any] = {}
    check: dict[str, Any] | None = None
    count: int = 0
    period_ns: int = 0


class Then(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done with a result: `check` is its JSON schema, `serialise` makes it a text, `emit`
    tells it as an event of that name; `clean` is done whatever came of the job.
    """

    check: dict[str, Any] | None = None
    serialise: str = ""
    emit: str = ""
    clean: Job | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a state leads: `on` which ending of its work, `when` an expression."""

    to: str
    on: str = "completed"
    when: str = ""


MOVES_ON: Final = ("completed", "failed", "skipped", "timeout")


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step, a state or a rule. What only one strategy knows: `after` and `join` (dag), `next`,
    `timeout_ns` (states), `on`, `every_ns` (events), `end` and `set` (states, events).

    `each` gives the list of a fan-out, of which `at_once` items are under way together (0: as the
    workflow's); `goes_on`: its failure is not the workflow's.
    """

    name: str
    job: Job | None = None
    when: str = ""
    each: str = ""
    at_once: int = 0
    retry: Retry | None = None
    deadline_ns: int | None = None
    goes_on: bool = False
    before: Before | None = None
    then: Then | None = None
    undo: Job | None = None
    after: tuple[str, ...] = ()
    join: str = "all"
    next: tuple[Move, ...] = ()
    timeout_ns: int | None = None
    on: tuple[str, ...] = ()
    every_ns: int | None = None
    end: Any = msgspec.UNSET
    set: dict[str, Any] = {}

    @property
    def ends(self) -> bool:
        """Whether the workflow is over with it."""
        return self.end is not msgspec.UNSET


class Workflow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A workflow. `input` is the JSON schema of what it is given, `output` the value that it gives
    (unset: what its last steps gave), `options` what only a strategy of others knows.

    `at_once` jobs are under way together, a fan-out has at most `items`, and no more than `jobs`
    are begun in all.
    """

    name: str
    strategy: str = "dag"
    input: dict[str, Any]
    steps: tuple[Step, ...]
    output: Any = msgspec.UNSET
    first: str = ""
    vars: dict[str, Any] = {}
    at_once: int = 16
    items: int = 1_000
    jobs: int = 100_000
    options: dict[str, Any] = {}

    @property
    def output_is_set(self) -> bool:
        """Whether it says what it gives."""
        return self.output is not msgspec.UNSET

    @property
    def topics(self) -> tuple[str, ...]:
        """The patterns of topics that its rules hear, each once."""
        heard = (topic_of(event) for step in self.steps for event in step.on)
        return tuple(dict.fromkeys(topic for topic in heard if topic))


FORMAT: Final = 1
_MARK: Final = b'{"lion-workflow":'


class _Code(msgspec.Struct, frozen=True, rename={"format": "lion-workflow"}):
    format: int
    workflow: Workflow


def encode_workflow(workflow: Workflow) -> bytes:
    """Its code: JSON, the same for the same workflow."""
    return msgspec.json.encode(_Code(FORMAT, workflow))


def is_workflow(data: bytes) -> bool:
    """Whether bytes are a workflow's code, and not a component's."""
    return data.startswith(_MARK)


def decode_workflow(data: bytes) -> Workflow:
    """The workflow. Raises ValueError for what a lion of another time wrote."""
    code = msgspec.json.decode(data, type=_Code)
    if code.format != FORMAT:
        raise ValueError(f"it is in format {code.format}, and this lion reads {FORMAT}")
    return code.workflow
