"""Look here if you want to know how a test gets answers in every shape that servers give them.

An answer is what a model says (`Saying`); a shape is how a server writes it: as events, as JSON in
one piece or by lines, with noise between, in pieces cut anywhere, with a connection that ends
somehow.
"""

import itertools
import json
from collections.abc import Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import trio
from hypothesis import strategies as st
from trio.testing import MockClock

from lion.capabilities.models.events import Event
from lion.capabilities.models.opening import wire_of
from lion.capabilities.models.relay import Relay
from lion.capabilities.models.remote import RemoteModel
from lion.capabilities.models.reply import Gathered
from lion.domain.call import CallError
from lion.domain.plan import Model

from .server import chat

MODEL = Model(name="fast", provider="openai", base_url="http://127.0.0.1:1/v1", model="m-1")
TOOLS = ("get.weather", "pay")


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says; calls are (name there, arguments)."""

    texts: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()

    @property
    def heard(self) -> tuple[str, str, list[tuple[str, str]]]:
        """What a guest should hear of it."""
        return "".join(self.texts), "".join(self.thoughts), list(self.calls)


class Pieces:
    """An HttpDoor whose every answer is these pieces, and then an end or a failure.

    `ending` is "" for a clean one, "open" for none at all, else the case of a CallError.
    """

    def __init__(self, pieces: Sequence[bytes], ending: str = "", kind: str = "") -> None:
        self.pieces = pieces
        self.ending = ending
        self.kind = kind
        self.asked = 0

    @asynccontextmanager
    async def open(self, request: Any) -> Any:
        self.asked += 1
        yield Said(self)


class Said:
    status = 200
    url = "http://127.0.0.1:1/v1"

    def __init__(self, door: Pieces) -> None:
        self._left = list(door.pieces)
        self._ending = door.ending
        self.headers = (("content-type", door.kind),)

    async def receive(self) -> bytes:
        await trio.lowlevel.checkpoint()
        if self._left:
            return self._left.pop(0)
        if self._ending == "open":
            await trio.sleep(60)
            raise CallError("timeout", "the next piece took longer than 60 s")
        if self._ending:
            raise CallError(self._ending, "so the test wants it")
        return b""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest heard: events as they came, the reply, and why it broke off."""

    events: list[Event]
    reply: dict[str, Any]
    failure: CallError | None

    @property
    def heard(self) -> tuple[str, str, list[tuple[str, str]]]:
        calls = [(call["name"], call["arguments"]) for call in self.reply["tool-calls"]]
        return self.reply["text"], self.reply["thinking"], calls


def hear(door: Any, model: Model = MODEL, **asked: Any) -> Outcome:
    """Ask through a door and the relay; nothing but a CallError may come of any answer."""
    (outcome,) = hear_each([door], model, **asked)
    return outcome


def hear_each(doors: Iterable[Any], model: Model = MODEL, **asked: Any) -> list[Outcome]:
    """Ask through each of these doors, by a clock that jumps where nobody works."""

    async def ask_each() -> list[Outcome]:
        return [await _ask(door, model, asked) for door in doors]

    return trio.run(ask_each, clock=MockClock(autojump_threshold=0))


async def _ask(door: Any, model: Model, asked: dict[str, Any]) -> Outcome:
    events: list[Event] = []
    gathered = Gathered()

    async def tell(event: Event) -> None:
        events.append(event)
        gathered.add(event)

    question = chat("hello", *TOOLS, **asked)
    remote = RemoteModel(model, wire_of(model), door, jitter=lambda: -1.5)
    failure = None
    try:
        await Relay(question, tell).run(remote, question)
    except CallError as exc:
        failure = exc
    return Outcome(events=events, reply=gathered.reply(), failure=failure)


def cut(raw: bytes, places: Sequence[int]) -> list[bytes]:
    """The bytes cut at these places; no piece is empty."""
    ends = [0, *sorted({min(place, len(raw)) for place in places}), len(raw)]
    return [raw[a:b] for a, b in itertools.pairwise(ends) if a < b]


# How a server writes it

USAGES: tuple[Any, ...] = (
    None, {"prompt_tokens": 7, "completion_tokens": 9},
    {"prompt_tokens": 0, "completion_tokens": 0},
    {"prompt_tokens": 10**20, "completion_tokens": 10**20}, {"prompt_tokens": -1}, [], "many",
    {"prompt_tokens": 7.0, "completion_tokens": None}, {"prompt_tokens": True},
)  # fmt: skip
NOISE: tuple[str, ...] = (
    "data:", "data: ", "event: ping\ndata:", ": alive", "data: null", "retry: 10", "id: 7",
    'data: {"choices": []}', 'data: {"choices": null, "usage": null}', "data: {}", "future: x",
    'data: {"choices": [{"index": 0, "delta": {}}]}', 'data: {"error": null, "choices": []}',
    'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": null}}]}',
    'event: ping\ndata: {"type": "ping"}', 'data: {"error": {"code": null}, "choices": []}',
    'data: {"id": "x", "object": "chat.completion.chunk", "created": 1e400, "choices": [{}]}',
)  # fmt: skip
IDENTITIES = ("both", "index", "id", "one id", "index 0")


def deltas(saying: Saying, identity: str, split: int) -> list[dict[str, Any]]:
    """The deltas of an answer; arguments come `split` characters at a time, calls interleaved
    where their identity allows it.
    """
    said: list[dict[str, Any]] = [{"reasoning_content": thought} for thought in saying.thoughts]
    said += [{"content": text} for text in saying.texts]
    lanes = [list(fragments(call, at, identity, split)) for at, call in enumerate(saying.calls)]
    if identity in ("both", "index", "id"):
        mixed = itertools.chain.from_iterable(itertools.zip_longest(*lanes))
    else:
        mixed = itertools.chain.from_iterable(lanes)
    return said + [{"tool_calls": [one]} for one in mixed if one is not None]


def fragments(call: tuple[str, str], at: int, identity: str, split: int) -> Any:
    """The fragments of one call."""
    name, arguments = call
    named: dict[str, dict[str, Any]] = {
        "both": {"index": at, "id": f"c{at}"}, "index": {"index": at}, "id": {"id": f"c{at}"},
        "one id": {"index": at, "id": "call_0"}, "index 0": {"index": 0, "id": f"c{at}"},
    }  # fmt: skip
    marks = named[identity]
    there = name.replace(".", "_")
    yield {**marks, "type": "function", "function": {"name": there, "arguments": ""}}
    if identity in ("both", "index 0"):
        marks = {key: value for key, value in marks.items() if key == "index"}
    for start in range(0, len(arguments), split):
        yield {**marks, "function": {"arguments": arguments[start : start + split]}}


def message(saying: Saying, identity: str) -> dict[str, Any]:
    """The same in one piece."""
    whole: dict[str, Any] = {"role": "assistant", "content": "".join(saying.texts) or None}
    if saying.thoughts:
        whole["reasoning_content"] = "".join(saying.thoughts)
    if saying.calls:
        whole["tool_calls"] = [
            {"id": "call_0" if identity == "one id" else f"c{at}", "type": "function",
             **({"index": at} if identity == "one id" else {}),
             "function": {"name": name.replace(".", "_"), "arguments": arguments}}
            for at, (name, arguments) in enumerate(saying.calls)
        ]  # fmt: skip
    return whole


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How a server writes an answer."""

    form: str
    end: str
    identity: str
    split: int
    usage: Any
    newline: str
    noise: tuple[tuple[int, str], ...]
    ending: str

    def write(self, saying: Saying) -> bytes:
        """The body."""
        reason = "tool_calls" if saying.calls else "stop"
        choice: dict[str, Any] = {"index": 0}
        if self.form in ("object", "pretty"):
            choice["message"] = message(saying, self.identity)
            if self.end != "done":
                choice["finish_reason"] = reason
            whole = {"choices": [choice], "usage": self.usage}
            return json.dumps(whole, indent=2 if self.form == "pretty" else None).encode()
        parts = deltas(saying, self.identity, self.split)
        chunks: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": one, "finish_reason": None}]} for one in parts
        ]
        if self.end != "done":
            chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if self.usage is not None:
            chunks.append({"choices": [], "usage": self.usage})
        lines = [json.dumps(chunk) for chunk in chunks]
        if self.form == "lines":
            return "".join(f"{line}\n" for line in lines).encode()
        events = [f"data: {line}" for line in lines]
        for at, noise in self.noise:
            events.insert(at % (len(events) + 1), noise)
        if self.end != "reason":
            events.append("data: [DONE]")
        text = "".join(f"{event}\n\n" for event in events)
        return text.replace("\n", self.newline).encode()


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
values = st.dictionaries(
    words, words | st.integers(-9, 9) | st.just({"a": ["{", "}"]}), max_size=3
)
sayings = st.builds(
    Saying,
    texts=st.lists(words, max_size=4).map(tuple),
    thoughts=st.lists(words, max_size=2).map(tuple),
    calls=st.lists(st.tuples(st.sampled_from(TOOLS), values.map(json.dumps)), max_size=3).map(
        tuple
    ),
).filter(lambda saying: saying.texts or saying.calls)
shapes = st.builds(
    Shape,
    form=st.sampled_from(["events", "events", "events", "object", "pretty", "lines"]),
    end=st.sampled_from(["both", "done", "reason"]),
    identity=st.sampled_from(IDENTITIES),
    split=st.integers(1, 9),
    usage=st.sampled_from(USAGES),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    noise=st.lists(st.tuples(st.integers(0, 99), st.sampled_from(NOISE)), max_size=5).map(tuple),
    ending=st.sampled_from(["", "connection", "protocol", "timeout", "open"]),
)
cuts = st.lists(st.integers(0, 2_000), max_size=8)
