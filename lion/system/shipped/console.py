"""Look here if you want to know what `console` prints: a line on stderr for each chosen event.

    [system.lines]
    use = "console"
    settings = { events = ["CallFinished", "RunEnding"], longest = 200 }

Rule: what a guest said is shown escaped, so that it cannot speak for lion.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from lion.system import Heard, PluginHost, PluginSettings, SystemPlugin, show_line
from lion.system.shipped.events import ENDINGS, Events, dumped


class ConsoleSettings(PluginSettings):
    """Which events, and how many characters of each."""

    events: Events = ENDINGS
    longest: Annotated[int, Field(ge=40, le=100_000)] = 200


class Console(SystemPlugin[ConsoleSettings]):
    """Prints chosen events on stderr."""

    contract = 1

    def heard(self) -> tuple[str, ...]:
        """Those of the settings."""
        return self.settings.events

    def hear(self, event: Heard, host: PluginHost) -> None:
        """Print a line; in a thread, so that whoever does not read it holds up nobody."""
        print(self.line(event, host.holder), file=sys.stderr, flush=True)

    def line(self, event: Heard, name: str) -> str:
        """`lines | 12:00:00 ann AgentCompleted {...}`."""
        moment = datetime.fromtimestamp(event.time_ns // 1_000_000_000, UTC)
        late = f" ({event.behind} behind)" if event.behind else ""
        text = (
            f"{moment:%H:%M:%S} {event.principal or '-'} {event.type}{late} {dumped(event.fields)}"
        )
        return f"{name} | {show_line(text, longest=self.settings.longest)}"
