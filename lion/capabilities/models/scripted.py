"""Look here if you want to know how a model answers from a file.

Rule: no network, no chance and no memory: what is asked decides what is answered.
Rule: pieces come at the script's pace, so that streams interleave as real ones do.
"""

import itertools
import json
import re
from collections.abc import Iterator

import trio

from lion.capabilities.models.chat import Assistant, Chat, System, ToolResult, User
from lion.capabilities.models.events import (
    Event,
    Stop,
    Tell,
    Text,
    Thinking,
    ToolArguments,
    ToolEnd,
    ToolStart,
    Usage,
)
from lion.capabilities.models.tokens import estimate
from lion.domain.call import CallError
from lion.domain.plan import SECOND
from lion.manifest.script import AnswerTable, ScriptTable, WhenTable

_WORD = re.compile(r"\s*\S+\s*")


class ScriptedModel:
    """A Provider that answers from a script."""

    def __init__(self, script: ScriptTable) -> None:
        self._answers = script.answer

    async def answer(self, chat: Chat, tell: Tell) -> None:
        """Tell the first answer that fits. Raises CallError: `other` if there is none."""
        found = next((one for one in self._answers if fits(one.when, chat)), None)
        if found is None:
            raise CallError("other", "the script has no answer to this; add an [[answer]]")
        await trio.sleep(found.first / SECOND)
        is_cut = await _tell_pieces(found, chat, tell)
        if is_cut:
            return
        if found.failure is not None:
            raise CallError(found.failure.kind, found.failure.text)
        if found.usage is not None:
            await tell(Usage(found.usage.input, found.usage.output))
        await tell(Stop("tool-use" if found.calls and found.stop == "end" else found.stop))


async def _tell_pieces(answer: AnswerTable, chat: Chat, tell: Tell) -> bool:
    """True if the limit on tokens cut it, as it cuts a real one."""
    most = None if answer.unbounded else chat.max_tokens
    said = 0
    for number, event in enumerate(pieces(answer, len(chat.messages))):
        match event:
            case Text(text) | Thinking(text):
                said += estimate(text)
            case ToolArguments(text):
                said += estimate(text)
            case _:
                pass
        if most is not None and said > most:
            await tell(Stop("length"))
            return True
        if number:
            await trio.sleep(answer.every / SECOND)
        await tell(event)
    return False


def pieces(answer: AnswerTable, turn: int) -> Iterator[Event]:
    """What an answer says, piece by piece. Ids of calls are made of the turn and their place."""
    for chunk in _chunks(answer.thinking, answer.chunk):
        yield Thinking(chunk)
    for chunk in _chunks(answer.text, answer.chunk):
        yield Text(chunk)
    for place, call in enumerate(answer.calls):
        yield ToolStart(f"call-{turn}-{place}", call.name)
        for chunk in _chunks(json.dumps(call.with_, ensure_ascii=False), answer.chunk):
            yield ToolArguments(chunk)
        yield ToolEnd()


def _chunks(text: str, words: int) -> Iterator[str]:
    found = _WORD.findall(text) or [text]
    size = max(1, words)
    for start in range(0, len(found), size):
        if chunk := "".join(found[start : start + size]):
            yield chunk


def fits(when: WhenTable | None, chat: Chat) -> bool:
    """True if all that an answer asks for holds of this question."""
    if when is None:
        return True
    results, tools = _since_user(chat)
    users = [message.content for message in chat.messages if isinstance(message, User)]
    systems = [message.content for message in chat.messages if isinstance(message, System)]
    return (
        (when.model is None or when.model == chat.model)
        and (when.results is None or when.results == len(results))
        and (when.tool is None or when.tool in tools)
        and (when.offers is None or any(tool.name == when.offers for tool in chat.tools))
        and _is_in(when.user, users[-1:])
        and _is_in(when.system, systems)
        and _is_in(when.result, results)
    )


def _since_user(chat: Chat) -> tuple[list[str], set[str]]:
    """The results that came since the user last spoke, and the tools they are of."""
    since = list(
        itertools.takewhile(lambda one: not isinstance(one, User), reversed(chat.messages))
    )
    results = [one.content for one in since if isinstance(one, ToolResult)]
    answered = {one.tool_call for one in since if isinstance(one, ToolResult)}
    calls = [call for one in since if isinstance(one, Assistant) for call in one.tool_calls]
    return results, {call.name for call in calls if call.id in answered}


def _is_in(wanted: str | None, texts: list[str]) -> bool:
    if wanted is None:
        return True
    folded = wanted.casefold()
    return any(folded in text.casefold() for text in texts)
