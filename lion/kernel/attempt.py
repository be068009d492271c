"""Look here if you want to know how a call of an export is tried, and recorded if it does not
return.

Rule: whatever stops it, its ending is in the log before anybody else learns of it.
"""

from typing import Any

import trio

from lion.domain.events import AgentError, PluginError
from lion.errors import GuestError
from lion.kernel.broker import Broker
from lion.kernel.invocation import Invocation
from lion.ports import Export


async def attempt(
    invocation: Invocation,
    export: Export,
    args: list[Any],
    failure: type[PluginError] | type[AgentError],
) -> Any:
    """Give the export's WIT value, or record a `failure` and raise what stopped it
    (GuestError).
    """
    stats = invocation.stats
    try:
        return await invocation.call(export, args, Broker(invocation).handle)
    except GuestError as exc:
        invocation.record(
            failure(
                exc.ending,
                exc.what,
                words=exc.words,
                frames=exc.frames,
                cpu_ns=stats.cpu_ns,
                began=exc.began,
            )
        )
        raise
    except BaseException as exc:
        ending = "cancelled" if isinstance(exc, trio.Cancelled) else "failed"
        invocation.record(failure(ending, f"the call was {ending}", cpu_ns=stats.cpu_ns))
        raise
