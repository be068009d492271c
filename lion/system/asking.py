"""Look here if you want to know how lion itself asks a model for the person at the terminal: as a
system plugin that is lent to the run, under its own grant, through the one door.

Rule: a trial asks for little, says what it saw, and takes no failure for its own.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec
import trio

from lion.domain.reply import Reply
from lion.system.contract import CONTRACT, HostError, PluginHost, SystemPlugin, tool
from lion.system.model_door import Hear

MOST_TOKENS: Final = 1_024
"""Of one answer of a trial: enough for models that think first."""
_WORD: Final = "Answer with one word and nothing else: pong"
_SUM: Final = "What is 17 plus 25? Use the tool add, then say the sum."
_ADD: Final = {
    "name": "add",
    "description": "Add two whole numbers.",
    "input-schema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}
_ANIMAL: Final = "Name one animal and how many legs it has, as JSON."
_SCHEMA: Final = {
    "type": "object",
    "properties": {"animal": {"type": "string"}, "legs": {"type": "integer"}},
    "required": ["animal", "legs"],
    "additionalProperties": False,
}


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one thing that a model was tried with.

    `said` is what it said or why it failed; `case` the kind of failure, empty if it works;
    `first` and `total` are seconds until something came and until all had. `input` and `output`
    are tokens, `estimated` if the server did not say.
    """

    what: str
    case: str
    said: str
    first: float
    total: float
    input: int
    output: int
    estimated: bool


class Asker(SystemPlugin):
    """The person at the terminal asks a model."""

    contract = CONTRACT
    uses = ("llm",)
    told: ClassVar[Hear | None] = None
    """Hears what the model says as it comes (asker_of)."""

    @tool
    async def ask(
        self, model: str, messages: list[Any], max_tokens: int | None, host: PluginHost
    ) -> dict[str, Any]:
        """Ask, and give the whole answer; a failure is `failed`, its case and words."""
        hear = type(self).told
        try:
            reply = await host.model(model, messages, max_tokens=max_tokens, hear=hear)
        except HostError as exc:
            return {"failed": [exc.case, exc.text]}
        return dict(msgspec.to_builtins(reply))

    @tool
    async def try_out(self, model: str, host: PluginHost) -> list[dict[str, Any]]:
        """What works of one model: a word, a call of a tool and its result, a schema."""
        trials = [
            await _tried("word", model, host, _try_word),
            await _tried("tool", model, host, _try_tool),
            await _tried("schema", model, host, _try_schema),
        ]
        return [dict(msgspec.to_builtins(one)) for one in trials]


def asker_of(hear: Hear | None) -> type[Asker]:
    """An Asker whose answers are heard as they come."""
    return type("Asker", (Asker,), {"told": staticmethod(hear) if hear else None})


class _Watch:
    """Questions of one trial, with their times and tokens."""

    def __init__(self, model: str, host: PluginHost) -> None:
        self._model = model
        self._host = host
        self._began = trio.current_time()
        self.first: float | None = None
        self.input = self.output = 0
        self.estimated = False

    async def ask(self, messages: list[Mapping[str, Any]], **more: Any) -> Reply:
        reply = await self._host.model(
            self._model, messages, max_tokens=MOST_TOKENS, hear=self._hear, **more
        )
        self.input += reply.input
        self.output += reply.output
        self.estimated = self.estimated or reply.estimated
        return reply

    @property
    def seconds(self) -> float:
        return trio.current_time() - self._began

    def _hear(self, kind: str, value: Any) -> None:
        if self.first is None and kind not in ("usage", "stop"):
            self.first = self.seconds


async def _tried(what: str, model: str, host: PluginHost, attempt: Any) -> Trial:
    watch = _Watch(model, host)
    case, said = "", ""
    try:
        said = await attempt(watch)
    except HostError as exc:
        case, said = exc.case, exc.text
    except _Unfit as exc:
        case, said = "other", str(exc)
    return Trial(
        what=what,
        case=case,
        said=said[:200],
        first=watch.seconds if watch.first is None else watch.first,
        total=watch.seconds,
        input=watch.input,
        output=watch.output,
        estimated=watch.estimated,
    )


class _Unfit(Exception):
    """An answer, but not what was asked for; the sentence says how."""


async def _try_word(watch: _Watch) -> str:
    reply = await watch.ask([{"role": "user", "content": _WORD}])
    if not reply.text.strip():
        raise _Unfit(f"it said nothing (stop: {reply.stop})")
    return reply.text.strip()


async def _try_tool(watch: _Watch) -> str:
    asked: list[Mapping[str, Any]] = [{"role": "user", "content": _SUM}]
    reply = await watch.ask(asked, tools=(_ADD,))
    if not reply.calls:
        raise _Unfit(f"it did not call the tool, it said: {reply.text.strip() or 'nothing'}")
    results = []
    for id, name, arguments in reply.calls:
        if name != "add":
            raise _Unfit(f"it called {name!r}, which is not there")
        results.append({"role": "tool", "tool-call": id, "content": _sum(arguments)})
    calls = [{"id": id, "name": name, "arguments": text} for id, name, text in reply.calls]
    turn = {
        "role": "assistant",
        "content": reply.text,
        "tool-calls": calls,
        "thinking": reply.thinking,
    }
    after = await watch.ask([*asked, turn, *results], tools=(_ADD,))
    return f"add({reply.calls[0][2]}), then: {after.text.strip() or 'nothing'}"


def _sum(arguments: str) -> str:
    try:
        given = json.loads(arguments)
        return str(int(given["a"]) + int(given["b"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Unfit(f"it called add with what does not fit: {arguments}") from None


async def _try_schema(watch: _Watch) -> str:
    reply = await watch.ask([{"role": "user", "content": _ANIMAL}], schema=_SCHEMA)
    if reply.stop != "end":
        raise _Unfit(f"it was cut off (stop: {reply.stop})")
    return reply.text.strip()
