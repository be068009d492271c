"""Look here if you want to know how tokens are estimated and what they cost.

Rule: an estimate is the same for the same text, so a question is reserved, cut and replayed alike
everywhere; it is never called exact.
"""

import msgspec

from lion.capabilities.bounds import utf8_size
from lion.capabilities.models.chat import Assistant, Chat, Message
from lion.domain.plan import Model
from lion.domain.units import MILLION

BYTES_A_TOKEN = 4
TOKENS_A_MESSAGE = 4
"""What roles and separators cost, about."""


def estimate(text: str) -> int:
    """About how many tokens a text has; at least one if it is not empty."""
    return -(-utf8_size(text) // BYTES_A_TOKEN)


def estimate_chat(chat: Chat) -> int:
    """About how many tokens a question has, tools and schema included."""
    given = [tool for tool in (chat.tools, chat.schema) if tool]
    described = sum(len(msgspec.json.encode(one)) for one in given)
    return sum(map(_estimate_message, chat.messages)) - (-described // BYTES_A_TOKEN)


def _estimate_message(message: Message) -> int:
    tokens = TOKENS_A_MESSAGE + estimate(message.content)
    if isinstance(message, Assistant):
        tokens += estimate(message.thinking)
        tokens += sum(estimate(c.name) + estimate(c.arguments) for c in message.tool_calls)
    return tokens


def price(model: Model, input: int, output: int) -> int:
    """What so many tokens cost, in millionths of money, rounded up."""
    exact = input * model.input_price + output * model.output_price
    return -(-exact // MILLION)
