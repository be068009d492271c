"""Look here if you want to know what a dry run does about the programs of agents of others: it
starts none, and their agents end with that.
"""

from typing import NoReturn

import msgspec

from lion.capabilities.program.functions import OPERATIONS
from lion.domain.call import CallError
from lion.ports import CallContext, Operation


def without_programs() -> dict[tuple[str, str], Operation]:
    """The host function that starts them, as a dry run has it."""
    return {
        (one.capability, one.name): msgspec.structs.replace(one, execute=_refuse)
        for one in OPERATIONS
        if one.name == "start"
    }


async def _refuse(caller: CallContext, command: list[str]) -> NoReturn:
    """Start nothing. Raises CallError."""
    raise CallError("unavailable", "a dry run starts no program, which could do anything")
