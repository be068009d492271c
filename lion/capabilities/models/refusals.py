"""Look here if you want to know what a server's refusal of a question means.

Rule: a status is said with the server's own words, as one line; whether another try may do, and
when, the server says.
"""

from email.utils import parsedate_to_datetime

import trio

from lion.capabilities.http.contract import Exchange
from lion.capabilities.models.error_words import body_text
from lion.domain.call import CallError

MOST_ERROR = 16 * 1024
AFTER_REASON = 5.0
"""Seconds for what may follow the last word of a model or a refusal."""
PASSING = (408, 409, 429)
CASES = {400: "invalid", 401: "denied", 402: "exhausted", 403: "denied", 404: "not-found"}
CASES |= {408: "timeout", 413: "invalid", 422: "invalid", 429: "exhausted"}
"""What a status means for a guest; any other is `unavailable`."""


class Again(Exception):
    """Another try may do. `failure` is what it comes to if there is none."""

    def __init__(self, failure: CallError, pause: float | None = None) -> None:
        super().__init__(failure.text)
        self.failure = failure
        self.pause = pause


async def refuse(exchange: Exchange) -> None:
    """Raise what a status other than 200 means."""
    status = exchange.status
    words = body_text(await _read_some(exchange, MOST_ERROR))
    said = f"the model's server says {status}{': ' if words else ''}{words}"
    failure = CallError(CASES.get(status, "unavailable"), said)
    if status in PASSING or status >= 500:
        raise Again(failure, _wished_pause(exchange))
    raise failure


async def _read_some(exchange: Exchange, most: int) -> bytes:
    """The beginning of a body, or what comes of it: a refusal stands without its words."""
    pieces, size = [], 0
    with trio.move_on_after(AFTER_REASON):
        try:
            while size < most and (piece := await exchange.receive()):
                pieces.append(piece)
                size += len(piece)
        except CallError:
            pass
    return b"".join(pieces)[:most]


def _wished_pause(exchange: Exchange) -> float | None:
    """Seconds the server asks to wait for, None if it does not say."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = header(exchange, name)
        if text.replace(".", "", 1).isdecimal():
            return float(text) * unit
    return _pause_until(header(exchange, "retry-after"), header(exchange, "date"))


def _pause_until(when: str, now: str) -> float | None:
    """The time between two dates of HTTP: both are the server's, so its clock may be wrong."""
    try:
        return max(0.0, (parsedate_to_datetime(when) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def header(exchange: Exchange, name: str) -> str:
    return next((value for known, value in exchange.headers if known == name), "")


def translated(exc: CallError) -> Exception:
    """A failure of the door as one of `llm`'s cases."""
    match exc.case:
        case "connection":
            return Again(CallError("unavailable", f"the model's server: {exc.text}"))
        case "dns" | "tls" | "redirects" | "protocol":
            return CallError("unavailable", f"the model's server: {exc.text}")
        case _:
            return exc
