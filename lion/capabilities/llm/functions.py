"""Look here if you want to know what happens when a guest asks a language model.

Rule: a guest names a model of the manifest; where it is, whose key it needs and what it may use is
the host's.
Rule: a question is checked, then paid for, then asked; whatever ends it, it is settled.
Rule: a question is scanned for values of secrets, as a request is.
Rule: one `next` is one record of exactly what the guest heard.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any, cast

import msgspec
import trio

from lion.capabilities.llm.answer import ModelAnswer
from lion.capabilities.llm.meter import TokenMeter
from lion.capabilities.llm.recalled import ANSWER, recall_next, recall_start
from lion.capabilities.models.chat import Chat, parse_chat
from lion.capabilities.models.events import Event, Tell, event_value
from lion.capabilities.models.provider import Served
from lion.capabilities.models.relay import Relay
from lion.capabilities.models.reply import Gathered
from lion.capabilities.opened import opened
from lion.capabilities.secrets.functions import scan
from lion.domain.call import CallError, Effect
from lion.domain.plan import Grant
from lion.ports import CallContext, Kind, Operation

MOST_REPLY = 256 * 1024
"""Bytes of a whole answer; a longer one has to be heard as it comes."""


def models(caller: CallContext) -> list[str]:
    """The models this holder may ask, sorted."""
    ways = ("ask", "start")
    return sorted(
        name
        for name in opened(caller).models
        if any(caller.foresee("llm", way, name).allowed for way in ways)
    )


async def ask(caller: CallContext, record: dict[str, Any]) -> dict[str, Any]:
    """Ask and wait for the whole answer. Raises CallError."""
    served, chat, meter = _prepare(caller, record)
    gathered = Gathered()
    size = 0

    async def gather(event: Event) -> None:
        nonlocal size
        size += gathered.add(event)
        if size > MOST_REPLY:
            words = f"the answer has more than {MOST_REPLY:,} bytes: use start"
            raise CallError("exhausted", words)

    await _converse(served, chat, meter, gather)
    return gathered.reply()


async def start(caller: CallContext, record: dict[str, Any]) -> dict[str, int]:
    """Begin an answer; both fields are its rep. Raises CallError; what the model does wrong comes
    from `answer.next`.
    """
    served, chat, meter = _prepare(caller, record)
    answer = ModelAnswer()
    try:
        rep = caller.handles.add(ANSWER, answer, answer.close)
    except CallError:
        meter.settle(None)
        raise
    meter.let_go = caller.hold_reserved()
    caller.start_task(_work, answer, served, chat, meter)
    return {"answer": rep, "handle": rep}


def begin_again(caller: CallContext, answer: ModelAnswer, record: dict[str, Any]) -> None:
    """Ask a question of before again, beside a guest that goes on. Raises CallError."""
    served, chat, meter = _prepare(caller, record)
    caller.start_task(_work, answer, served, chat, meter)


async def next_(caller: CallContext, rep: int) -> tuple[str, Any] | None:
    """The next event of an answer, None after the last. Raises CallError."""
    answer: ModelAnswer = caller.handles.get(rep, ANSWER)
    event = await answer.next()
    return None if event is None else event_value(event)


@trio.lowlevel.enable_ki_protection
async def _work(answer: ModelAnswer, served: Served, chat: Chat, meter: TokenMeter) -> None:
    try:
        with answer.scope:
            await _converse(served, chat, meter, answer.tell)
            answer.finish()
    except CallError as exc:
        answer.finish(exc)
    finally:
        answer.finish(CallError("cancelled", "the answer was cancelled"))


async def _converse(served: Served, chat: Chat, meter: TokenMeter, tell: Tell) -> None:
    """Ask, tell what comes, settle. Raises CallError."""

    def metered(event: Event) -> Awaitable[None]:
        if meter.max_tokens is not None:
            meter.check(relay.spoken)
        return tell(event)

    relay = Relay(chat, metered)
    is_whole = False
    try:
        await relay.run(served.provider, chat)
        is_whole = True
    finally:
        meter.settle(relay.usage if is_whole or relay.has_begun else None)


def _prepare(caller: CallContext, record: dict[str, Any]) -> tuple[Served, Chat, TokenMeter]:
    """Check and pay. Raises CallError."""
    chat = parse_chat(record)
    served = opened(caller).models.get(chat.model)
    if served is None:
        raise CallError("not-found", f"there is no model {chat.model[:64]!r}")
    meter = TokenMeter(caller, cast(Grant, caller.grant), served.model, chat)
    return served, msgspec.structs.replace(chat, max_tokens=meter.max_tokens), meter


def _model(args: list[Any]) -> str:
    return str(args[0]["model"])


def _screen(caller: CallContext, args: list[Any]) -> None:
    scan(caller, *(text for text in args[0].values() if isinstance(text, str)))


OPERATIONS = (
    Operation("llm", "models", Kind.INSTANT, models),
    Operation(
        "llm", "ask", Kind.WAITING, ask, target=_model, effect=Effect.OUTSIDE, screen=_screen,
        is_harmless=lambda _: True,
    ),
    Operation(
        "llm",
        "start",
        Kind.WAITING,
        start,
        target=_model,
        effect=Effect.OUTSIDE,
        screen=_screen,
        spawns=True,
        is_harmless=lambda _: True,
        recall=partial(recall_start, begin_again),
    ),
    Operation("llm", "answer.next", Kind.WAITING, next_, recall=recall_next),
)  # fmt: skip
