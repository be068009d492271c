"""Look here if you want to know what each key of a workflow means, in one sentence."""

from typing import Final

from pydantic import BaseModel

from lion.manifest import workflow_tables as tables
from lion.manifest.keys import ABSENT, NEEDED, NONE, Key

_WORKFLOW: Final = {
    "steps": Key("tables", NEEDED, "its steps, states or rules by name"),
    "strategy": Key("text", "dag", "`dag`, `states`, `events`, or one that is installed"),
    "input": Key(
        "table", NONE, 'types by name, `{ topic = "string", n = "integer?" }`, or a JSON schema'
    ),
    "output": Key("any value", "the last steps", "what it gives; `=` begins an expression"),
    "first": Key("a name", "the first one", "states: the one it begins in"),
    "vars": Key("table", NONE, "states, events: variables and their first values"),
    "at-once": Key("count", "16", "jobs under way at the same time, at most 512"),
    "items": Key("count", "1_000", "items of one fan-out, at most 100,000"),
    "jobs": Key("count", "100_000", "jobs begun in all, tries counted; at most a million"),
    "options": Key("table", NONE, "what only an installed strategy knows"),
    "allow": Key("table", NONE, "whom it may have work"),
    "deny": Key("list of names", NONE, "defaults taken away"),
    "ask": Key("list of rules", NONE, "calls a person is asked about, as in the policy"),
    "limits": Key("table", "see below", "what it may use up"),
}
_STEP: Final = {
    "call": Key("plugin.function", ABSENT, "a tool to call"),
    "agent": Key("a name", ABSENT, "an agent to have work"),
    "task": Key("text", ABSENT, "agent: what it shall do"),
    "records": Key("text", NONE, "agent: its output is read in this format while it writes"),
    "workflow": Key("a name", ABSENT, "another workflow to begin"),
    "with": Key("table", NONE, "call, workflow: arguments by name"),
    "ask": Key("text", ABSENT, "a question to a person"),
    "form": Key("table", "any object", "ask: the JSON schema of the answer"),
    "value": Key("any value", ABSENT, "nothing is called: what it gives"),
    "wait": Key("time", ABSENT, "nothing is called: it waits"),
    "when": Key("expression", NONE, "whether it is done at all"),
    "each": Key("expression", NONE, "a list: it is done for each `item`, and gives a list"),
    "at-once": Key("count", "the workflow's", "items under way at the same time"),
    "retry": Key("table", NONE, "how often it is tried again"),
    "deadline": Key("time", NONE, "of one try"),
    "on-failure": Key("text", "fail", "`continue`: its failure is not the workflow's"),
    "before": Key("table", NONE, "what is done to its arguments"),
    "then": Key("table", NONE, "what is done with its result"),
    "undo": Key("table", NONE, "a job that compensates it if the workflow fails later"),
    "after": Key("list of names", NONE, "dag: steps that have to end first"),
    "join": Key("text", "all", "dag: `any` of what it needs was completed, or all has `ended`"),
    "next": Key("list of tables", NONE, "states: where it leads, the first that applies"),
    "timeout": Key("time", NONE, "states: of all its work; then it is cut"),
    "on": Key("list of events", NONE, "events: `start`, a step, `STEP.failed`, `bus TOPIC`, ..."),
    "every": Key("time", NONE, "events: it is done each time this has passed"),
    "end": Key("any value", ABSENT, "states, events: the workflow is over, and gives this"),
    "set": Key("table", NONE, "states, events: variables, when it was completed"),
}
_JOB: Final = {key: _STEP[key] for key in ("call", "agent", "task", "workflow", "with")}

WORKFLOW_MEANINGS: Final[dict[type[BaseModel], dict[str, Key]]] = {
    tables.WorkflowTable: _WORKFLOW,
    tables.StepTable: _STEP,
    tables.RetryTable: {
        "times": Key("count", NEEDED, "tries after the first"),
        "wait": Key("time", "1 s", "before the second try"),
        "factor": Key("number", "2.0", "how much longer before each further one"),
        "most": Key("time", "5 min", "the longest wait"),
        "on": Key("list of cases", '["timeout", "unavailable"]', "failures that are tried again"),
    },
    tables.BeforeTable: {
        "check": Key("table", NONE, "the JSON schema of the arguments"),
        "enrich": Key("table", NONE, "arguments that are added; `args` are those there are"),
        "rate": Key("rate", NONE, "jobs of the step that begin in a period"),
    },
    tables.ThenTable: {
        "check": Key("table", NONE, "the JSON schema of the result"),
        "serialise": Key("text", NONE, "`json`, `json-lines`, `csv`, `text`: it becomes a text"),
        "emit": Key("a name", NONE, "it is told as an event of this name"),
        "clean": Key("table", NONE, "a job that is done afterwards, also after a failure"),
    },
    tables.JobTable: _JOB,
    tables.MoveTable: {
        "to": Key("a name", NEEDED, "the state it leads to"),
        "on": Key("text", "completed", "or `failed`, `skipped`, `timeout`"),
        "when": Key("expression", NONE, "whether it applies"),
    },
    tables.WorkflowAllow: {
        "tools": Key("list of patterns", ABSENT, "tools it may call; a workflow is `NAME.run`"),
        "agents": Key("list of names", ABSENT, "agents it may have work"),
        "bus": Key("table", ABSENT, "events: messages that it may hear"),
    },
    tables.WorkflowBus: {
        "receive": Key("list of patterns", NONE, "topics it may hear: `on = ['bus X']`"),
    },
    tables.WorkflowLimits: {
        "deadline": Key('time, "none"', "none", "wall time, but for what waits for people"),
        "calls": Key('count, "none"', NONE, "host calls, a run"),
        "rate": Key('rate, "none"', NONE, "host calls in a period"),
        "output": Key('size, "none"', "16 MiB", "what it shows and gives, a run"),
        "log": Key('size, "none"', "128 MiB", "records of its calls, a run"),
        "concurrent": Key("count", "512", "jobs it has started at the same time"),
    },
}  # fmt: skip
