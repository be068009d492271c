"""Look here if you want to know what lion ships for testing plugins."""

from lion.domain.call import CallError
from lion.errors import AuditError, GuestError, OperatorError, OwnError
from lion.testing.calls import RecordedCall
from lion.testing.clock import FrozenClock
from lion.testing.kits import AgentAnswer, Kit, OpenKit, kit, open_kit
from lion.testing.recording import replay_file
from lion.testing.web import Reply

__all__ = [
    "AgentAnswer",
    "AuditError",
    "CallError",
    "FrozenClock",
    "GuestError",
    "Kit",
    "OpenKit",
    "OperatorError",
    "OwnError",
    "RecordedCall",
    "Reply",
    "kit",
    "open_kit",
    "replay_file",
]
