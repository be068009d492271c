"""Look here if you want to know how `webhook` tells an address about chosen events.

    [system.hook]
    use = "webhook"
    settings = { url = "https://hooks.example.com/lion", events = ["RunEnding"], tries = 3 }
    allow.http = ["POST https://hooks.example.com/lion"]

Each event is one POST with a JSON object, over the http door: under the holder's grants, recorded.
A failure of the network, 429 and 5xx are tried again, after `wait` and then twice as long each
time; what is not delivered in the end is a line in the log, and the next event comes.

Rule: no guest waits for any of this.
"""

from typing import Annotated, Final

import trio
from pydantic import Field

from lion.system import (
    Duration,
    Heard,
    HostError,
    PluginHost,
    PluginSettings,
    SystemPlugin,
)
from lion.system.shipped.events import ENDINGS, Events, as_json, dumped

LARGEST: Final = 60 * 1024
"""Bytes of a body; the door takes 64 KiB. A larger event is told without its fields."""
AGAIN: Final = ("timeout", "unavailable", "dns", "connection", "tls", "protocol", "exhausted")
"""Failures that may pass."""


class WebhookSettings(PluginSettings):
    """Where to and what; how often one event is tried and how long, all tries together.

    Keep `timeout` below limits.deadline, which ends a listener for good.
    """

    url: str
    events: Events = ENDINGS
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    wait: Duration = 500_000_000
    timeout: Duration = 20_000_000_000


class Webhook(SystemPlugin[WebhookSettings]):
    """Posts chosen events to an address as JSON."""

    contract = 1
    uses = ("http",)

    def heard(self) -> tuple[str, ...]:
        """Those of the settings."""
        return self.settings.events

    async def hear(self, event: Heard, host: PluginHost) -> None:
        """Tell the address, some times if need be."""
        problem = f"it took longer than {self.settings.timeout / 1e9:g} s"
        with trio.move_on_after(self.settings.timeout / 1e9):
            problem = await self._deliver(_body(event), host)
        if problem:
            words = f"record {event.seq} ({event.type}) was not delivered: {problem}"
            await host.log("warn", words)

    async def _deliver(self, body: str, host: PluginHost) -> str:
        """Try until it is taken or there is no hope; why it was not taken, or nothing."""
        seconds = self.settings.wait / 1e9
        for left in range(self.settings.tries - 1, -1, -1):
            problem, is_passing = await self._post(body, host)
            if not problem or not is_passing or not left:
                return problem
            await trio.sleep(seconds)
            seconds *= 2
        return ""

    async def _post(self, body: str, host: PluginHost) -> tuple[str, bool]:
        """Why it was not taken (empty: it was), and whether that may pass."""
        try:
            answer = await host.http(
                "POST",
                self.settings.url,
                headers={"content-type": "application/json"},
                body=body,
                timeout_ns=self.settings.timeout,
            )
        except HostError as exc:
            return f"{exc.case}: {exc.text}", exc.case in AGAIN
        if 200 <= answer.status < 300:
            return "", False
        return f"status {answer.status}", answer.status == 429 or answer.status >= 500


def _body(event: Heard) -> str:
    told = as_json(event)
    text = dumped(told)
    if len(text.encode()) <= LARGEST:
        return text
    return dumped({**told, "event": None, "is_too_large": True})
