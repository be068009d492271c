"""What was looked up in a conversation, in order."""

import json

PLACES = ("url", "path", "title", "query")
"""Which argument of a call says where it looked."""


class Sources:
    """Sources that answered, each once, and those that did not."""

    def __init__(self, messages: list[dict]) -> None:
        self.all: list[str] = []
        self.failed: list[str] = []
        results = {m["tool-call"]: m["content"] for m in messages if m["role"] == "tool"}
        for message in messages:
            for call in message.get("tool-calls", ()):
                self._add(read(call["arguments"]), read(results.get(call["id"], "")))

    def _add(self, arguments, result) -> None:
        if not isinstance(arguments, dict):
            return
        place = next((arguments[p] for p in PLACES if isinstance(arguments.get(p), str)), None)
        known = self.failed if is_error(result) else self.all
        if place is not None and place not in known:
            known.append(place)

    def listed(self) -> str:
        """The list as text to follow an answer; empty if there is none."""
        lines = "".join(f"\n[{at}] {source}" for at, source in enumerate(self.all, 1))
        return f"\n\nSources:{lines}\n" if lines else ""


def read(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return None


def is_error(result) -> bool:
    """A refusal, or a page that is not there."""
    return isinstance(result, dict) and ("error" in result or result.get("status", 0) >= 400)
