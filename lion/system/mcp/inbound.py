"""Look here if you want to know what of a server's messages is taken, however they come.

Rule: what nobody asked for is bounded in number; whoever says more is ended.
Rule: what it asks of us is noted, by method; the SDK refuses it, since lion offers none of it.
"""

import logging
from typing import Final

from mcp.types import JSONRPCMessage, JSONRPCNotification, JSONRPCRequest
from mcp.types.jsonrpc import jsonrpc_message_adapter
from pydantic import ValidationError

from lion.domain.text import show_line

LONGEST: Final = 1024 * 1024
"""Bytes of a message."""
MOST_UNASKED: Final = 1_000
"""Messages since the last of ours: what comes beyond is a flood."""
_CHANGED: Final = "notifications/tools/list_changed"
MOST_ASKED: Final = 8
"""Different things it asked of us that are told."""


def hush() -> None:
    """Keep the SDK's loggers from standard error, where Python puts what nobody handles: they say
    what the other side says. A program that handles logs gets them.
    """
    for name in ("mcp", "client"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


class Fault(Exception):
    """What ended the conversation, for people."""


class Inbound:
    """What a server has said since it was last asked."""

    def __init__(self) -> None:
        self._unasked = 0
        self.asked: list[str] = []
        """What it asked of us, and was refused, by method."""
        self.is_changed = False
        """It said that its tools are others now."""

    def ask(self) -> None:
        """Something was asked of it."""
        self._unasked = 0

    def message(self, text: bytes | str | None) -> JSONRPCMessage | None:
        """The message of a text, None if it is none; the text is None for one that is too long.
        Raises Fault.
        """
        self._unasked += 1
        if text is None or len(text) > LONGEST:
            raise Fault(f"it said more than {LONGEST:,} bytes at once")
        if self._unasked > MOST_UNASKED:
            raise Fault(f"it said more than {MOST_UNASKED:,} things that nobody asked for")
        try:
            message = jsonrpc_message_adapter.validate_json(text, by_name=False)
        except ValidationError:
            return None  # programs print things; what is no message says nothing
        if isinstance(message, JSONRPCRequest) and message.method != "ping":
            self._note(message.method)
        elif isinstance(message, JSONRPCNotification) and message.method == _CHANGED:
            self.is_changed = True
        return message

    def _note(self, method: str) -> None:
        shown = show_line(method, longest=80)
        if shown not in self.asked and len(self.asked) < MOST_ASKED:
            self.asked.append(shown)
