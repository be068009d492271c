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
from lion.ports.http import (
    HTTP,
    Exchange,
    HttpDoor,
    OutgoingRequest,
    Terms,
    Times,
)
from lion.ports.log import (
    BudgetUse,
    EventLog,
    LogReader,
    RunSummary,
    Tables,
    VerifyReport,
)
from lion.ports.system import JsonTypes, SystemComponent, SystemInfo

__all__ = [
    "HTTP",
    "OUTPUT_EVENT",
    "BudgetUse",
    "CallStats",
    "Caller",
    "Clock",
    "Component",
    "EventLog",
    "Exchange",
    "Export",
    "HandleCall",
    "Handles",
    "HttpDoor",
    "Import",
    "JsonTypes",
    "Kind",
    "LogReader",
    "OpenRuntime",
    "Operation",
    "OutgoingRequest",
    "PendingCall",
    "RunSummary",
    "Runtime",
    "SystemComponent",
    "SystemInfo",
    "Tables",
    "Terms",
    "Times",
    "Tools",
    "VerifyReport",
    "Waitable",
]
