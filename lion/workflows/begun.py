"""Look here if you want to know how what has happened goes into an order that it begins: texts
that begin with `=` are expressions about `event`.
"""

from typing import Any, Final

import msgspec

from lion.domain.task import Order
from lion.workflows.expressions import BadExpression, Names, Unanswered
from lion.workflows.values import Path, build_value, expressions_in

_TYPES: Final = {"event": "object"}


def fill_order(order: Order, event: dict[str, Any]) -> Order:
    """The order with what has happened in it. Raises Unanswered, and BadExpression for what
    `find_flaw` finds.
    """
    names, values = Names(_TYPES), {"event": event}
    task = build_value(names, order.task)(values)
    if not isinstance(task, str):
        raise Unanswered(f"the task is no text but a {type(task).__name__}")
    arguments = build_value(names, order.arguments)(values)
    return msgspec.structs.replace(order, task=task, arguments=arguments)


def find_flaw(order: Order) -> tuple[Path, str] | None:
    """Where in the order's table an expression is that cannot be, and why; None: nowhere."""
    names = Names(_TYPES)
    for path, text in expressions_in({"task": order.task, "with": order.arguments}):
        try:
            names.read(text)
        except BadExpression as exc:
            return path, str(exc)
    return None
