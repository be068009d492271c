"""Look here if you want to know what each key of a manifest, a policy or a script means, in one
sentence, for editors (the JSON schemas) and for docs/manifest.md.

Rule: every key of tables.py and script.py is here, and no other; a test holds it.
Rule: nothing that runs a manifest imports this.
"""

from typing import Final

from pydantic import BaseModel

from lion.manifest import policy_tables, server_table, system_tables, tables
from lion.manifest.keys import ABSENT as ABSENT
from lion.manifest.keys import NEEDED as NEEDED
from lion.manifest.keys import NONE as NONE
from lion.manifest.keys import Key as Key
from lion.manifest.script_meanings import SCRIPT_MEANINGS
from lion.manifest.service_meanings import SERVICE_MEANINGS
from lion.manifest.workflow_meanings import WORKFLOW_MEANINGS

_MANIFEST: Final = {
    "name": Key("a name", NEEDED, "what this manifest is called in logs and listings"),
    "vars": Key("table", NONE, "variables with defaults, used as `${name}`; see `--set`"),
    "models": Key("tables", NONE, "models by name; a guest knows only the name"),
    "plugins": Key("tables", NONE, "plugins by name: components whose exports are tools"),
    "agents": Key(
        "tables", NONE, "agents by name: components, or programs of others, that do a task"
    ),
    "system": Key("tables", NONE, "system plugins by name: trusted Python, not sandboxed"),
    "mcp": Key("tables", NONE, "servers of MCP by name: programs, not sandboxed; see docs/mcp.md"),
    "workflows": Key("tables", NONE, "workflows by name: steps that lion does"),
    "run": Key("list of tables", NONE, "what `lion run` starts, all of it at the same time"),
    "limits": Key("table", NONE, "what a run may use up, all its holders together"),
    "service": Key("table", "see below", "how a service that begins with it works: `lion serve`"),
    "schedules": Key("tables", NONE, "what a service begins by itself, by name"),
    "park-after": Key("time", "never", "of nothing but waiting a run leaves; see approvals"),
}
_HOLDER: Final = {
    "component": Key("path", NEEDED, "the .wasm file (or an Extism plug-in), from the manifest"),
    "allow": Key("table", NONE, "what it is granted besides the defaults"),
    "deny": Key("list of names", NONE, "defaults taken away, such as `random`"),
    "ask": Key("list of rules", NONE, "calls a person is asked about, as in the policy"),
    "limits": Key("table", "see below", "what it may use up"),
    "config": Key("table", NONE, "what the `config` interface answers: any values"),
    "args": Key("list of texts", NONE, "a program's arguments, after its name"),
    "env": Key("table", NONE, "a program's environment: texts by name, nothing of the host's"),
    "stdin": Key("text", NONE, "what a program reads where no task or call gives it anything"),
    "restart": Key("table", NONE, "an agent that failed begins its task anew"),
}
_ALLOW: Final = {
    "kv": Key("table", ABSENT, "a key-value store of its own, kept between runs"),
    "elements": Key("table", ABSENT, "elements of its own, kept between runs, and their orders"),
    "fs": Key("list of tables", ABSENT, "directories of the host"),
    "llm": Key("list", ABSENT, "models it may ask: a name, a pattern, or a table"),
    "tools": Key("list of patterns", ABSENT, "tools it may call: `notes.write`, `notes.*`, `**`"),
    "agents": Key("list of names", ABSENT, "agents it may spawn; its own name: more of itself"),
    "http": Key("list", ABSENT, "requests it may make: methods and URL, or a table"),
    "secrets": Key("list of names", ABSENT, "secrets for its requests; it never sees a value"),
    "bus": Key("table", ABSENT, "messages: topics to write and to hear, and whom to write to"),
    "interfaces": Key("table", ABSENT, "system plugins' interfaces: `true`, or patterns"),
}
_AT: Final = Key("share", NONE, "of a budget: a person is asked when it is used, `80 %`")
_THEN: Final = Key("`ask`", NONE, "goes with `at`")
_ON_UNKNOWN: Final = (
    '"fail", "retry" or "ask"',
    '"fail"',
    "when a run goes on: of what may have happened",
)
_HTTP: Final = {
    "url": Key("methods and URL", NEEDED, 'such as `"GET,POST https://api.example.com/v1/**"`'),
    "bytes-in": Key("size", "64 MiB", "of answers, a run"),
    "bytes-out": Key("size", "16 MiB", "of requests, a run"),
    "calls": Key("count", NONE, "requests, a run"),
    "rate": Key("rate", NONE, "requests in a period"),
    "timeout": Key("time", "60 s", "of one request"),
    "addresses": Key("list of networks", NONE, "private addresses that the host may have"),
    "encoded-slash": Key(
        "true or false", "false", "`%2F` in a path is meant as sent; else granted in both readings"
    ),
    "plain": Key(
        "true or false", "false", "no secret goes along; else one of the holder's has to"
    ),
    "headers": Key(
        "list of names", NONE, "sent though they can change a request, as `x-forwarded-for`"
    ),
    "at": _AT,
    "then": _THEN,
    "on-unknown": Key(*_ON_UNKNOWN),
    "idempotency-key": Key(
        "true or false", "false", "tells the server by that header which request it has had"
    ),
}
_LIMITS: Final = {
    "memory": Key("size", "64 MiB", "linear memory of an instance, all its memories together"),
    "table-elements": Key("count", "100_000", "elements of an instance's tables"),
    "handles": Key("count", "1_024", "resources of the host that an instance holds at once"),
    "deadline": Key('time, "none"', "30 s", "wall time of a call; an agent: none"),
    "cpu": Key('time, "none"', "10 s", "processor time of a call in the guest"),
    "calls": Key('count, "none"', NONE, "host calls, a run"),
    "rate": Key('rate, "none"', NONE, "host calls in a period"),
    "output": Key('size, "none"', "16 MiB", "what it shows, a run"),
    "log": Key('size, "none"', "128 MiB", "records of its calls, a run; then its instance ends"),
    "concurrent": Key("count", "64", "tool calls an instance has started at the same time"),
    "memory-sum": Key("size", "1 GiB", "linear memory of all its live instances together, a run"),
    "agents": Key("count", "16", "spawned agents at work at once beneath an instance"),
    "depth": Key("count", "4", "how many spawns deep they may be beneath it"),
    "at": _AT._replace(text="of `calls` or `output`: a person is asked when it is used, `80 %`"),
    "then": _THEN,
}
_SYSTEM_LIMITS: Final = {
    "deadline": _LIMITS["deadline"]._replace(text="wall time of a tool or function"),
    "calls": _LIMITS["calls"],
    "rate": _LIMITS["rate"],
    "output": _LIMITS["output"],
    "log": _LIMITS["log"]._replace(text="records of its calls, a run"),
    "concurrent": Key("count", "8", "calls of its functions at the same time, each in a thread"),
    "at": _LIMITS["at"],
    "then": _THEN,
}
_MODEL: Final = {
    "provider": Key(
        "text",
        NEEDED,
        "`scripted`: a file; or a protocol: `openai`, `openai-responses`, `anthropic`",
    ),
    "script": Key("path", ABSENT, "scripted: the file of answers, relative to the manifest"),
    "base-url": Key("URL", "the dialect's", "up to the version, `http://127.0.0.1:11434/v1`"),
    "model": Key("text", ABSENT, "what the server calls it"),
    "key": Key("a secret's name", ABSENT, "never its value"),
    "prices": Key("table", ABSENT, "what a million tokens cost"),
    "max-tokens": Key("count", ABSENT, "of one answer, at most"),
    "dialect": Key(
        "text", ABSENT, "the server's kind, which stands for keys below: see models.md"
    ),
    "key-header": Key(
        "text", "authorization", "where its key goes unless the operator says; or `api-key`"
    ),
    "headers": Key("table", NONE, "further headers of each request; no key"),
    "query": Key("table", NONE, 'what follows the `?`: `{ api-version = "preview" }`; no key'),
    "add": Key("table", NONE, "further fields of each question, such as `reasoning_effort`"),
    "omit": Key("list", NONE, "fields the server does not take, such as `stream_options`"),
    "stream": Key("true or false", "true", "false asks for the answer in one piece"),
    "whole-for": Key(
        "list", NONE, "asks in one piece where a question has `tools`, or a `schema`"
    ),
    "limit-field": Key(
        "text", "max_tokens", "the server's word for it; or `max_completion_tokens`"
    ),
    "system-role": Key("text", "system", "what instructions are marked with"),
    "reasoning-field": Key("text", "reasoning_content", "where thoughts stand in a message"),
    "reasoning-back": Key("text", "calls", "thoughts go back with `calls`, `never` or `always`"),
    "opaque-fields": Key(
        "true, false or list", "true", "what the server hung on its calls and gets back"
    ),
    "schema-omit": Key("list", NONE, "keywords of schemas that the server refuses"),
    "answer-format": Key(
        "text", "json_schema", "how it is told of a schema; or `json_object`, `none`"
    ),
    "addresses": Key("list of networks", NONE, "private addresses where the server may be"),
    "idle": Key("time", "60 s", "how long nothing may come"),
    "timeout": Key("time", "600 s", "how long one answer may take"),
}
MEANINGS: Final[dict[type[BaseModel], dict[str, Key]]] = {
    tables.ManifestTable: _MANIFEST,
    tables.RunLimitsTable: {
        "memory": Key("size", NEEDED, "linear memory of all live instances; else the process's"),
    },
    **SERVICE_MEANINGS,
    tables.HolderTable: _HOLDER,
    tables.AgentTable: {
        **_HOLDER,
        "component": Key("path", ABSENT, "the .wasm file, from the manifest; or a program:"),
        "adapter": Key("`lines`", ABSENT, "how lion speaks with a program that no sandbox holds"),
        "command": Key("list of texts", ABSENT, "the program and its arguments"),
        "folder": Key("path", ".", "where the program is started, from the manifest"),
    },
    tables.RestartTable: {
        "when": Key("text", NEEDED, "`failure`: whatever ended it but an answer"),
        "times": Key("count", "3", "how often at most, 1 to 1_000"),
        "within": Key("time", "10 min", "in which so many are too many"),
    },
    tables.AllowTable: _ALLOW,
    tables.KvGrant: {"bytes": Key("size", NEEDED, "keys and values together")},
    tables.ElementsGrant: {
        "count": Key("count", NEEDED, "elements"),
        "bytes": Key("size", NEEDED, "as stored: contents, ids, kinds and orders"),
    },
    tables.BusTable: {
        "publish": Key("list of patterns", NONE, "topics it may write: `notes.*`"),
        "receive": Key("list of patterns", NONE, "topics it may subscribe to"),
        "write": Key("list of patterns", NONE, "whom it may write to: `bob`, `j-*`, `@east/ann`"),
    },
    tables.FsGrant: {
        "path": Key("absolute path", NEEDED, "where the guest finds it"),
        "at": Key("path", NEEDED, "the directory of the host, relative to the manifest"),
        "write": Key("true or false", "false", "whether it may be written"),
        "bytes": Key("size", "64 MiB", "content of the files in it, if it may be written"),
        "files": Key("count", "1_000", "names in it, directories too, if it may be written"),
        "follow": Key(
            "true or false", "false", "whether a link may lead it out of the manifest's folder"
        ),
        "on-unknown": Key(*_ON_UNKNOWN),
    },
    tables.LlmTable: {
        "model": Key("name or pattern", NEEDED, "a name under `[models]`, or `*`"),
        "tokens": Key("count", NONE, "in and out, a run"),
        "calls": Key("count", NONE, "questions, a run"),
        "money": Key("amount", NONE, "by the model's `prices`, a run"),
        "at": _AT,
        "then": _THEN,
    },
    tables.HttpGrant: _HTTP,
    tables.LimitsTable: _LIMITS,
    tables.SystemTable: {
        "use": Key("a name", NEEDED, "the name of its entry point"),
        "settings": Key("table", NONE, "its own; unknown keys are refused"),
        "allow": Key("table", NONE, "what it may ask the host for"),
        "limits": Key("table", "see below", "what it may use up"),
    },
    server_table.McpTable: {
        "command": Key("list of text", ABSENT, "the program and its arguments; no shell reads it"),
        "env": Key("table of text", NONE, "its environment, all of it"),
        "secrets": Key("table of names", NONE, "and variables with values of secrets"),
        "url": Key("URL", ABSENT, "where it is, if it is not started here"),
        "key": Key("a secret's name", NONE, "goes into its requests, where it may"),
        "addresses": Key("list of networks", NONE, "where it may be though private"),
        "limits": Key("table", "see below", "what it may use up"),
    },
    tables.SystemAllow: {key: _ALLOW[key] for key in ("http", "llm", "secrets", "tools")},
    system_tables.SystemLimits: _SYSTEM_LIMITS,
    tables.ModelTable: _MODEL,
    tables.PricesTable: {
        "input": Key("amount", "0", "a million tokens of a question, in any currency"),
        "output": Key("amount", "0", "a million tokens of an answer"),
        "cached": Key("amount", "as input", "those of a question that the server had in a cache"),
        "cache-write": Key("amount", "as input", "those that it wrote into one"),
    },
    tables.RunTable: {
        "agent": Key("a name", ABSENT, "an agent to start"),
        "task": Key("text", ABSENT, "what it shall do"),
        "output": Key("table", NONE, "what its answer has to be"),
        "call": Key("plugin.function", ABSENT, "a tool to call"),
        "workflow": Key("a name", ABSENT, "a workflow to begin; one of these three"),
        "with": Key("table", NONE, "arguments of the tool or the workflow by name"),
    },
    tables.OutputTable: {
        "format": Key("text", NEEDED, "`json`, `json-lines`, `csv`, `xml`, `calls`, `lines`, ..."),
        "schema": Key("table", NONE, "a JSON schema that the value has to follow"),
        "repair": Key("true or false", "false", "mend what is almost JSON, once, and mark it"),
        "again": Key("count", "0", "how often it is asked again, with the fault; at most 10"),
    },
    **WORKFLOW_MEANINGS,
    policy_tables.PolicyTable: {
        "deny": Key("list of rules", NONE, "calls that are refused, whatever a manifest grants"),
        "ask": Key("list of rules", NONE, "calls a person is asked about"),
        "approve": Key("list of rules", NONE, "calls that are approved where others ask"),
        "approvals": Key("table", NONE, "how people are asked"),
        "limits": Key("table", NONE, "no holder gets more than this; keys as in a manifest's"),
        "http": Key("table", NONE, "how requests leave"),
    },
    policy_tables.PolicyApprovalsTable: {
        "wait": Key("time", "10 min", "for a person; then it is refused; `0 s`: nobody is asked"),
        "park-after": Key("time", "never", "of nothing but waiting a run leaves; see approvals"),
    },
    policy_tables.PolicyHttpTable: {
        "proxy": Key("URL", NEEDED, "reached by CONNECT for what is not near; `http://host:port`"),
    },
    **SCRIPT_MEANINGS,
}  # fmt: skip
"""Keys by table, in the order in which the table has them."""
