"""Look here if you want to know which host functions exist.

Rule: this table and the WIT say the same, name for name (a guard test compares them).
"""

from lion.capabilities import (
    agents,
    bus,
    clock,
    config,
    denials,
    elements,
    kv,
    log,
    output,
    poll,
    process,
    random,
    tools,
)
from lion.capabilities.fs import functions as fs
from lion.capabilities.http import functions as http
from lion.capabilities.llm import functions as llm
from lion.capabilities.secrets import functions as secrets
from lion.ports import Operation

ROOMS = (
    log,
    clock,
    random,
    config,
    kv,
    output,
    tools,
    poll,
    llm,
    http,
    secrets,
    fs,
    denials,
    process,
    agents,
    bus,
    elements,
)


def build_operations() -> dict[tuple[str, str], Operation]:
    """Every host function by interface (`kv`) and name as imported (`[method]pending.take`)."""
    return {
        (operation.capability, _import_name(operation.name)): operation
        for room in ROOMS
        for operation in room.OPERATIONS
    }


def workflow_operations() -> dict[tuple[str, str], Operation]:
    """What only lion's own code is offered, for workflows and agents of others, by the same
    names.
    """
    from lion.capabilities import jobs, people
    from lion.capabilities.program import functions as program

    return {
        (operation.capability, _import_name(operation.name)): operation
        for operation in (*jobs.OPERATIONS, *people.OPERATIONS, *program.OPERATIONS)
    }


def _import_name(name: str) -> str:
    return f"[method]{name}" if "." in name else name
