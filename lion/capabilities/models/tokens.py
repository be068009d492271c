"""Look here if you want to know how tokens are estimated and what they cost.

Rule: what is reserved is more than a question has, unless it is made of short words that nobody
speaks: those have up to three times as much. What is told and charged without a server's word is
what it is likely to have.
Rule: an estimate is the same for the same text, so a question is reserved, cut and replayed alike
everywhere; it is never called exact.
Rule: a server's number counts where it can be true; else what was really said does, by estimate.
"""

import re
from typing import Final

import msgspec

from lion.capabilities.bounds import utf8_size
from lion.capabilities.models.chat import Assistant, Chat, Message
from lion.domain.plan import Model
from lion.domain.units import MILLION

BYTES_A_TOKEN = 4
TOKENS_A_MESSAGE = 4
"""What roles and separators cost, about."""

USUAL_MAX_TOKENS = 4_096
"""What an answer may have where only a budget limits it, so that one does not take it all, and
where nothing does but the protocol wants a number.
"""

MOST_TOKENS = 2**24
"""Of a question or an answer; more than any model takes. A larger number is no number."""
_FEWEST = 8
"""An estimate's part that a server may say at least: a token has seldom more than 32 bytes."""
_DEAREST = 2**50
"""Millionths of money that one answer may cost, so that sums stay numbers."""
_LONG_ID = 64
_PLAIN = b"abcdefghijklmnopqrstuvwxyz \n"
_SHAPE: Final = bytes(
    byte if byte in b" \n" else 97 if 97 <= byte <= 122 else 46 for byte in range(256)
)
"""Small letters as `a`, all but them and white space as a dot."""
_LONGEST_WORD = 12
"""Letters; in longer ones, as in text without spaces, each further letter may be a token."""
_RUNS: Final = re.compile(b"a" * (_LONGEST_WORD + 1) + b"+")


def estimate(text: str) -> int:
    """About how many tokens a text has; at least one if it is not empty."""
    return -(-utf8_size(text) // BYTES_A_TOKEN)


def at_most(chat: Chat) -> int:
    """The tokens that a question may have, tools and schema included: what is reserved for it.

    Tokenizers of bytes have a token for every byte, and longer ones for what is usual. Measured on
    five (of OpenAI's, Meta's, Mistral's and Anthropic's): small letters have four bytes a token
    in prose, two in random ones, one where each stands alone; signs, digits, capitals and
    whatever is no ASCII may have one, so each byte of those counts as a token.
    """
    told: list[str | bytes] = []
    for message in chat.messages:
        told.append(message.content)
        if isinstance(message, Assistant):
            told.append(message.thinking)
            told += [part for c in message.tool_calls for part in (c.name, c.arguments, c.id)]
    told += [msgspec.json.encode(one) for one in (chat.tools, chat.schema) if one]
    data = b"".join(t if isinstance(t, bytes) else t.encode("utf-8", "replace") for t in told)
    return TOKENS_A_MESSAGE * len(chat.messages) + _most_tokens(data)


def _most_tokens(data: bytes) -> int:
    dense = len(data.translate(None, _PLAIN))
    shape = data.translate(_SHAPE)
    spaced = shape.count(b" a")
    words = spaced + shape.count(b"\na") + shape.count(b".a") + shape.startswith(b"a")
    # A tokenizer takes a space together with the word behind it, and no other white space.
    least = words + shape.count(b"\n") + shape.count(b" ") - spaced
    runs = sum(len(run) - _LONGEST_WORD for run in _RUNS.findall(shape))
    return dense + max(-(-(len(data) - dense - runs) // 3), least) + runs


def believed(said: int, estimated: int) -> int | None:
    """A server's number of tokens, None if it can not be true of what came or was sent."""
    return (
        said if estimated // _FEWEST <= said <= MOST_TOKENS and (said or not estimated) else None
    )


def counted(number: object) -> int:
    """A server's number of tokens; 0 for what is none."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        return 0
    return number if 0 < number <= MOST_TOKENS else 0


def estimate_chat(chat: Chat) -> int:
    """About how many tokens a question has, tools and schema included."""
    given = [tool for tool in (chat.tools, chat.schema) if tool]
    described = sum(len(msgspec.json.encode(one)) for one in given)
    return sum(map(_estimate_message, chat.messages)) - (-described // BYTES_A_TOKEN)


def _estimate_message(message: Message) -> int:
    tokens = TOKENS_A_MESSAGE + estimate(message.content)
    if isinstance(message, Assistant):
        tokens += estimate(message.thinking)
        # Of ids only long ones count: what a server hung on the call is in them.
        tokens += sum(
            estimate(c.name) + estimate(c.arguments) + estimate(c.id[_LONG_ID:])
            for c in message.tool_calls
        )
    return tokens


def price(model: Model, input: int, output: int, cached: int = 0, written: int = 0) -> int:
    """What so many tokens cost, in millionths of money, rounded up.

    `cached` and `written` are parts of `input` with prices of their own, where the model has any.
    """
    cached = min(cached, input)
    written = min(written, input - cached)
    exact = input * model.input_price + output * model.output_price
    if model.cached_price is not None:
        exact += cached * (model.cached_price - model.input_price)
    if model.written_price is not None:
        exact += written * (model.written_price - model.input_price)
    return min(-(-exact // MILLION), _DEAREST)
