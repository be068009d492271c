"""Look here if you want to know what the kernel needs from the machine rooms: the Protocols it is
built against.

Rule: nothing here does anything; wasm, capabilities and audit implement it, kernel uses it,
host.py joins them.
"""

from lion.ports.components import (
    CallStats,
    Component,
    Export,
    HandleCall,
    Handles,
    Import,
    OpenRuntime,
    Runtime,
)
from lion.ports.executors import (
    OUTPUT_EVENT,
    Caller,
    Clock,
    Kind,
    Operation,
    PendingCall,
    Tools,
    Waitable,
)
from lion.ports.log import (
    BudgetUse,
    EventLog,
    LogReader,
    RunSummary,
    Tables,
    VerifyReport,
)

__all__ = [
    "OUTPUT_EVENT",
    "BudgetUse",
    "CallStats",
    "Caller",
    "Clock",
    "Component",
    "EventLog",
    "Export",
    "HandleCall",
    "Handles",
    "Import",
    "Kind",
    "LogReader",
    "OpenRuntime",
    "Operation",
    "PendingCall",
    "RunSummary",
    "Runtime",
    "Tables",
    "Tools",
    "VerifyReport",
    "Waitable",
]
