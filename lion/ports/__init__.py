"""Look here if you want to know what the kernel needs from the machine rooms: the Protocols it is
built against.

Rule: nothing here does anything; wasm, capabilities and log implement it, kernel uses it,
host.py joins them.
"""

from lion.ports.components import (
    NO_EXTENSIONS,
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
    OUTPUT_EVENT,
    CallContext,
    Clock,
    Kind,
    Operation,
    PendingCall,
    Services,
    Tools,
    Waitable,
)
from lion.ports.log import (
    BudgetUse,
    EventLog,
    KeptStore,
    LogReader,
    Progress,
    RunState,
    RunSummary,
    StateEntry,
    Tables,
    Verdict,
    VerifyReport,
)
from lion.ports.surroundings import Surroundings
from lion.ports.system import Asking, Offered, SystemComponent, SystemInfo

__all__ = [
    "NO_EXTENSIONS",
    "OUTPUT_EVENT",
    "Asking",
    "BudgetUse",
    "CallContext",
    "CallStats",
    "Clock",
    "Component",
    "EventLog",
    "Export",
    "Extensions",
    "HandleCall",
    "Handles",
    "Import",
    "ImportSeen",
    "JsonTypes",
    "KeptStore",
    "Kind",
    "LogReader",
    "Offered",
    "OpenRuntime",
    "Operation",
    "PendingCall",
    "Progress",
    "RunState",
    "RunSummary",
    "Runtime",
    "Services",
    "StateEntry",
    "Surroundings",
    "SystemComponent",
    "SystemInfo",
    "Tables",
    "Tools",
    "Verdict",
    "VerifyReport",
    "Waitable",
]
