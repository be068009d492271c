"""Look here if you want to know what a scripted model's file of answers may say.

    [[answer]]
    when = { user = "lions", results = 0 }
    calls = [{ name = "fetcher.fetch", with = { url = "${web}/lions" } }]

    [[answer]]
    when = { result = "antelope" }
    text = "Lions eat antelopes [1]."
    every = "20 ms"

Rule: the first answer whose conditions all hold is given; so one without conditions comes last.
Rule: nothing is remembered between two questions: the same question has the same answer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema

from lion.manifest.document import Document
from lion.manifest.fields import Count, Time
from lion.manifest.mistakes import check
from lion.manifest.variables import fill

STOPS = ("end", "length", "filtered", "other")
FAILURES = ("denied", "invalid", "exhausted", "timeout", "unavailable", "other")


def _check_stop(value: str) -> str:
    if value not in STOPS:
        raise ValueError(f"{value!r} is no reason to stop; write one of {', '.join(STOPS)}")
    return value


def _check_failure(value: str) -> str:
    if value not in FAILURES:
        raise ValueError(f"{value!r} is no failure; write one of {', '.join(FAILURES)}")
    return value


Stop = Annotated[
    str, AfterValidator(_check_stop), WithJsonSchema({"type": "string", "enum": list(STOPS)})
]
FailureKind = Annotated[
    str, AfterValidator(_check_failure), WithJsonSchema({"type": "string", "enum": list(FAILURES)})
]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        defer_build=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


class WhenTable(_Table):
    """What must hold of a question. Texts are found anywhere inside, whatever their case.

    `user` in the last message of the user, `system` in those of the system, `result` in the
    results that have come since the user last spoke, `tool` is the name of one of those that were
    called for them, `results` how many they are, `offers` a tool the model may use, `model` its
    name in the manifest.
    """

    user: str | None = None
    system: str | None = None
    result: str | None = None
    tool: str | None = None
    results: Count | None = None
    offers: str | None = None
    model: str | None = None


class CallTable(_Table):
    """A tool the model wants called."""

    name: str
    with_: dict[str, Any] = {}

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_").replace("_", "-"))


class UsageTable(_Table):
    """What the answer says it used; without it that is estimated."""

    input: Count
    output: Count


class FailureTable(_Table):
    """How the answer breaks off after what comes before."""

    kind: FailureKind = "unavailable"
    text: str = "the script says so"


class AnswerTable(_Table):
    """One answer: thinking, text and calls, in this order, in pieces.

    `first` is the time before the first piece, `every` that before each later one; `chunk` is how
    many words a piece has. `unbounded`: it heeds no limit on tokens.
    """

    when: WhenTable | None = None
    thinking: str = ""
    text: str = ""
    calls: list[CallTable] = []
    first: Time = 0
    every: Time = 0
    chunk: Count = 1
    stop: Stop = "end"
    usage: UsageTable | None = None
    failure: FailureTable | None = None
    unbounded: bool = False


class ScriptTable(_Table):
    """A scripted model's answers."""

    answer: list[AnswerTable]


def parse_script(text: str, *, path: Path, values: Mapping[str, str]) -> ScriptTable:
    """The answers of a script, with the manifest's variables filled in. Raises OperatorError."""
    document = Document(text, kind="script", path=path)
    return check(document, ScriptTable, fill(document, document.parse(), values))
