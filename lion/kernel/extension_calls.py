"""Look here if you want to know how a guest's call of a system plugin's own host function runs.

Rule: to the broker it is a host call like any other; what executes it is an invocation of the
plugin, under the plugin's own grants, and the whole chain of callers pays its host calls.
Rule: an interface is offered by one holder: two that claim it are refused.
Rule: a function whose target is empty names nothing, and is refused before anything is decided.
Rule: arguments and result are bounded like those of a tool: what is larger is several calls.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lion.domain.call import BULK, CallError, Effect
from lion.domain.events import encode_body
from lion.errors import BrokenCall, GuestError, OperatorError
from lion.kernel.execution import as_tool, execute
from lion.kernel.invocation import Invocation
from lion.kernel.tool_calls import build_invocation, check_depth, cut, told_caller
from lion.ports import Asking, Extensions, Kind, Offered, Operation
from lion.values.wit import render_function


def build_extensions(offers: Mapping[str, Sequence[Offered]]) -> Extensions:
    """What components may import of what system plugins (by holder) offer.

    Raises OperatorError where two offer one interface.
    """
    found: dict[str, dict[str, str]] = {}
    owners: dict[str, str] = {}
    for holder, functions in offers.items():
        for one in functions:
            owner = owners.setdefault(one.capability, holder)
            if owner != holder:
                raise OperatorError(
                    f"the system plugins {owner!r} and {holder!r} both offer {one.capability}",
                    hint="leave one of them out of the manifest",
                )
            kind = render_function(one.export.type)
            found.setdefault(one.export.interface, {})[one.export.name] = kind
    return found


def extension_operations(
    offers: Mapping[str, Sequence[Offered]],
) -> dict[tuple[str, str], Operation]:
    """Their functions as the broker knows host functions, by capability and name."""
    return {
        (one.capability, one.export.name): _operation(holder, one)
        for holder, functions in offers.items()
        for one in functions
    }


def _operation(holder: str, offered: Offered) -> Operation:
    async def execute(caller: Invocation, *args: Any) -> Any:
        return await _run(caller, holder, offered, list(args))

    return Operation(
        offered.capability,
        offered.export.name,
        Kind.WAITING,
        execute,
        target=None if offered.target is None else _target(offered, offered.target),
        effect=Effect.OUTSIDE if offered.is_outside else Effect.NONE,
    )


def _target(offered: Offered, index: int) -> Callable[[list[Any]], str]:
    name = offered.export.type.params[index][0]

    def target(args: list[Any]) -> str:
        if not args[index]:
            raise CallError("invalid", f"{name} is empty, and it says what the call is about")
        return str(args[index])

    return target


async def _run(caller: Invocation, holder: str, offered: Offered, args: list[Any]) -> Any:
    """The value of the function's `ok`. Raises CallError."""
    check_depth(caller)
    if len(encode_body(args)) > BULK:
        raise CallError("invalid", f"the arguments of a call have at most {BULK:,} bytes")
    cause = f"{caller.path}#{caller.number}"
    invocation = build_invocation(caller, caller.live.holders[holder], cause)
    asking = Asking(run=caller.run, chain=caller.chain, namespace=caller.namespace)
    invocation.is_awaited = True
    form = as_tool(offered.export.name, offered.export, args)
    try:
        status, given = await execute(invocation, offered.export, [asking, *args], form)
    except (GuestError, BrokenCall) as exc:
        raise told_caller(f"{offered.capability}.{offered.export.name}", exc) from exc
    if status == "err":
        case, words = given
        raise CallError(case, cut(words))
    if len(encode_body(given)) > BULK:
        raise CallError("exhausted", f"the result of a call has at most {BULK:,} bytes")
    return given
