"""Look here if you want to know how somebody outside of a run writes to an agent in it.

Rule: what is no message for a guest is none for anybody: JSON of the same size and depth.
"""

from lion.domain.call import BULK, CallError
from lion.errors import OperatorError
from lion.kernel.run import Run
from lion.values.bounded_json import json_flaw


def send(run: Run, sender: str, to: str, payload: str) -> None:
    """Write to a holder of a run. Raises OperatorError."""
    flaw = json_flaw(payload) if len(payload) <= BULK else f"has at most {BULK:,} bytes"
    if flaw or len(payload.encode()) > BULK:
        raise OperatorError(
            f"a message {flaw or f'has at most {BULK:,} bytes'}",
            hint="write JSON, such as '{\"stop\": true}' or '\"a text\"'",
        )
    try:
        run.tell(sender, to, payload)
    except CallError as exc:
        hints = {
            "not-found": f"what reads messages has a line allow.bus = {{}} in its manifest: {to}",
            "exhausted": "send it again when it has read what waits",
            "unavailable": "look: lion task list",
        }
        statuses = {"not-found": 404, "exhausted": 429, "unavailable": 409}
        raise OperatorError(
            f"{to!r} was not written to: {exc.text}",
            hint=hints[exc.case],
            status=statuses[exc.case],
        ) from exc
