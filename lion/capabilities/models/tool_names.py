"""Look here if you want to know how tools are called by models that know fewer characters.

Rule: `fetcher.fetch` becomes `fetcher_fetch` on the wire and itself again on the way back; two
tools never become one.
"""

import re

from lion.capabilities.models.chat import Assistant, Chat

LONGEST = 64
_STRANGE = re.compile(r"[^A-Za-z0-9_-]")


class ToolNames:
    """The names of one question's tools, there and back."""

    def __init__(self, chat: Chat) -> None:
        names = [tool.name for tool in chat.tools]
        for message in chat.messages:
            if isinstance(message, Assistant):
                names += [call.name for call in message.tool_calls]
        self._there: dict[str, str] = {}
        self._back: dict[str, str] = {}
        # Those that need no change keep their names, whoever comes first.
        for name in sorted(dict.fromkeys(names), key=lambda name: _plain(name) != name):
            told = self._free(_plain(name))
            self._there[name], self._back[told] = told, name

    def there(self, name: str) -> str:
        """The name on the wire."""
        return self._there[name]

    def back(self, told: str) -> str:
        """The name for the guest; one that the model made up stays as it is."""
        return self._back.get(told, told)

    def _free(self, told: str) -> str:
        free, number = told, 2
        while free in self._back:
            suffix = f"_{number}"
            free, number = told[: LONGEST - len(suffix)] + suffix, number + 1
        return free


def _plain(name: str) -> str:
    return _STRANGE.sub("_", name)[:LONGEST]
