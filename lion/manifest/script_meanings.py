"""Look here if you want to know what each key of a script, a model's written answers, means."""

from typing import Final

from pydantic import BaseModel

from lion.manifest import script
from lion.manifest.keys import ABSENT, NEEDED, NONE, Key

_ANSWER: Final = {
    "when": Key("table", "always", "what must hold of the question"),
    "thinking": Key("text", NONE, "said as thinking, before the text"),
    "text": Key("text", NONE, "the answer"),
    "calls": Key("list of tables", NONE, "tools the model wants called, after the text"),
    "first": Key("time", "0 s", "before the first piece"),
    "every": Key("time", "0 s", "before each later piece"),
    "chunk": Key("count", "1", "words in a piece"),
    "stop": Key("text", "end", "why it stops: `end`, `length`, `filtered`, `other`"),
    "usage": Key("table", "estimated", "the tokens it says it used"),
    "failure": Key("table", ABSENT, "how it breaks off after what comes before"),
    "unbounded": Key("true or false", "false", "it heeds no limit on tokens"),
}
_WHEN: Final = {
    "user": Key("text", ABSENT, "in the last message of the user"),
    "system": Key("text", ABSENT, "in the messages of the system"),
    "result": Key("text", ABSENT, "in the tools' results since the user last spoke"),
    "tool": Key("text", ABSENT, "the name of a tool that was called for one of them"),
    "results": Key("count", ABSENT, "how many results there are"),
    "offers": Key("text", ABSENT, "a tool that the model may use"),
    "model": Key("text", ABSENT, "its name in the manifest"),
}

SCRIPT_MEANINGS: Final[dict[type[BaseModel], dict[str, Key]]] = {
    script.ScriptTable: {"answer": Key("list of tables", NEEDED, "the first that fits is given")},
    script.AnswerTable: _ANSWER,
    script.WhenTable: _WHEN,
    script.CallTable: {
        "name": Key("plugin.function", NEEDED, "the tool"),
        "with": Key("table", NONE, "its arguments by name"),
    },
    script.UsageTable: {
        "input": Key("count", NEEDED, "tokens of the question"),
        "output": Key("count", NEEDED, "tokens of the answer"),
    },
    script.FailureTable: {
        "kind": Key("text", "unavailable", "a case of `llm.failure`, such as `timeout`"),
        "text": Key("text", "the script says so", "what is said of it"),
    },
}  # fmt: skip
"""As in meanings.py."""
