"""Look here if you want to know what lion ships for testing plugins.

    with kit("manifest.toml", http={"GET https://x.org/a": "hello"}) as lion:
        assert lion.call("reader.read", url="https://x.org/a") == "hello"

What a test may put in place of the world, as keywords of `kit` and `open_kit` (help(Options)):

    fakes     host functions by name ("kv.get"), and functions of system plugins
    http      servers, by method and URL: bodies, `Reply`, functions
    tools     other plugins' tools, by name
    llm       models: one answer, a list of them, a script
    files     what granted directories hold; kv: what stores hold in the beginning
    approvals who is asked for calls that need an approval
    secrets, policy, sets, seed; of a bare component also allow, deny, config, limits

Time stands still and passes by `advance`. Grants, policy, budgets, the record and the engine are
the real ones. A system plugin by itself has a bench, lion.testing.system.open_system, which really
opens and closes it; what it asks the host for is answered by the test.
"""

from lion.domain.call import CallError
from lion.errors import AuditError, GuestError, OperatorError, OwnError
from lion.testing.calls import RecordedCall
from lion.testing.clock import FrozenClock
from lion.testing.kits import AgentAnswer, Kit, OpenKit, kit, open_kit
from lion.testing.options import Options
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
    "Options",
    "OwnError",
    "RecordedCall",
    "Reply",
    "kit",
    "open_kit",
    "replay_file",
]
