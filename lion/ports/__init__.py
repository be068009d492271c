"""Look here if you want to know what the kernel needs from the machine rooms: the Protocols it is
built against.

Rule: nothing here does anything; wasm, capabilities and log implement it, kernel uses it,
host.py joins them.
"""

from lion.ports.approvals import Desk
from lion.ports.components import (
    NO_EXTENSIONS,
    UNREAD,
    Adapted,
    CallStats,
    Component,
    Export,
    Extensions,
    HandleCall,
    Handles,
    Import,
    ImportSeen,
    JsonTypes,
    OpenRuntime,
    Runtime,
)
from lion.ports.executors import (
    ELEMENTS_STORE,
    OUTPUT_EVENT,
    Again,
    CallContext,
    Clock,
    Fate,
    Kind,
    Operation,
    Services,
    Tools,
)
from lion.ports.kept import KeptElement, KeptStore
from lion.ports.log import (
    BudgetUse,
    EventLog,
    LogReader,
    Progress,
    StateEntry,
    Tables,
    Verdict,
    VerifyReport,
)
from lion.ports.messages import Mailbox, Message, Messages, Post
from lion.ports.pending import (
    Jobs,
    PendingCall,
    PendingWork,
    SpawnedAgent,
    Spawner,
    Waitable,
)
from lion.ports.run_summary import TRIES, RunState, RunSummary
from lion.ports.system import Asking, Offered, SystemComponent, SystemInfo

__all__ = [
    "ELEMENTS_STORE",
    "NO_EXTENSIONS",
    "OUTPUT_EVENT",
    "TRIES",
    "UNREAD",
    "Adapted",
    "Again",
    "Asking",
    "BudgetUse",
    "CallContext",
    "CallStats",
    "Clock",
    "Component",
    "Desk",
    "EventLog",
    "Export",
    "Extensions",
    "Fate",
    "HandleCall",
    "Handles",
    "Import",
    "ImportSeen",
    "Jobs",
    "JsonTypes",
    "KeptElement",
    "KeptStore",
    "Kind",
    "LogReader",
    "Mailbox",
    "Message",
    "Messages",
    "Offered",
    "OpenRuntime",
    "Operation",
    "PendingCall",
    "PendingWork",
    "Post",
    "Progress",
    "RunState",
    "RunSummary",
    "Runtime",
    "Services",
    "SpawnedAgent",
    "Spawner",
    "StateEntry",
    "SystemComponent",
    "SystemInfo",
    "Tables",
    "Tools",
    "Verdict",
    "VerifyReport",
    "Waitable",
]
