"""Look here if you want to know what a provider of models is.

Rule: a provider answers one question at a time per call and keeps no conversation.
Rule: whoever calls `answer` may cancel it at any moment; nothing is left behind then.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import Tell
from lion.domain.plan import Model


class Provider(Protocol):
    """Whoever serves a model."""

    async def answer(self, chat: Chat, tell: Tell) -> None:
        """Ask, and tell what comes until the model is done.

        Must tell a Stop, or the answer counts as cut off. Raises CallError (cases of
        `types.error`), and whatever `tell` raises.
        """
        ...


class Served(msgspec.Struct, frozen=True):
    """A model of the manifest and who serves it."""

    model: Model
    provider: Provider


Models = Mapping[str, Served]
"""The models of a run, by their names in the manifest."""
