"""Look here if you want to know what a gateway answers, and which request is which.

Rule: a route reads what was asked and asks it through the session of whose token it was; it
decides nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from lion.gateway.answering import answer
from lion.gateway.anthropic_messages import MessagesWriter, read_messages
from lion.gateway.asked import Read, Write, decoded
from lion.gateway.clients import Client
from lion.gateway.exchange import Exchange, Heard
from lion.gateway.openai_chat import ChatWriter, read_chat
from lion.gateway.openai_items import read_responses
from lion.gateway.openai_responses import ResponsesWriter
from lion.gateway.refusals import Refusal

Bridge = Callable[[Exchange, Heard, str], Awaitable[None]]
"""Answers a request of the Model Context Protocol, for a client by its name."""

ASKING: Final[Mapping[str, tuple[Read, Write]]] = {
    "/v1/chat/completions": (read_chat, ChatWriter),
    "/v1/responses": (read_responses, ResponsesWriter),
    "/v1/messages": (read_messages, MessagesWriter),
}
"""Where a model is asked, and how that is read and written."""
ANTHROPIC: Final = "/v1/messages"
MODELS: Final = "/v1/models"
MCP: Final = "/mcp"


class Routes:
    """What is answered. `bridge` is None where the protocol's SDK is not installed."""

    def __init__(self, clients: Mapping[str, Client], bridge: Bridge | None) -> None:
        self._clients = clients
        self._bridge = bridge

    async def answer(self, exchange: Exchange, heard: Heard, name: str) -> None:
        """Answer one request. Raises Refusal."""
        client = self._clients[name]
        if heard.path == MCP and self._bridge is not None:
            await self._bridge(exchange, heard, name)
        elif heard.path in ASKING:
            _expect(heard, "POST")
            read, write = ASKING[heard.path]
            await answer(exchange, client, read(decoded(await exchange.body())), write)
        elif heard.path == MODELS or heard.path.startswith(f"{MODELS}/"):
            _expect(heard, "GET")
            one = heard.path.removeprefix(MODELS).removeprefix("/")
            await exchange.json(200, _models(client, one, heard), [])
        else:
            raise _nothing(heard)


def speaks_anthropic(heard: Heard) -> bool:
    """Whether errors are spelled as Anthropic's clients read them."""
    return heard.path.startswith(ANTHROPIC) or "anthropic-version" in heard.headers


def _models(client: Client, one: str, heard: Heard) -> Any:
    names = client.session.models()
    listed: list[dict[str, Any]]
    if speaks_anthropic(heard):
        listed = [{"type": "model", "id": n, "display_name": n, "created_at": ""} for n in names]
    else:
        listed = [{"id": n, "object": "model", "created": 0, "owned_by": "lion"} for n in names]
    if one:
        found = [model for model in listed if model["id"] == one]
        if not found:
            words = f"there is no model {one[:64]!r} that you may ask"
            raise Refusal(404, "invalid_request_error", "model_not_found", words)
        return found[0]
    if speaks_anthropic(heard):
        ends = {"first_id": names[0], "last_id": names[-1]} if names else {}
        return {"data": listed, "has_more": False, **ends}
    return {"object": "list", "data": listed}


def _expect(heard: Heard, method: str) -> None:
    if heard.method != method:
        words = f"{heard.path} is asked with {method}"
        raise Refusal(405, "invalid_request_error", "method_not_allowed", words)


def _nothing(heard: Heard) -> Refusal:
    places = ", ".join((*ASKING, MODELS, MCP))
    shown = msgspec.json.encode(heard.path[:80]).decode()
    return Refusal(404, "invalid_request_error", "not_found", f"there is no {shown}: {places}")
