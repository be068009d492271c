"""Look here if you want to know who may command what of a service.

Rule: every command is here; what is not in this table is nobody's.
"""

from collections.abc import Mapping
from typing import Final

from lion.domain.task import Principal, Role
from lion.service.errors import not_allowed

COMMANDS: Final[Mapping[str, Role]] = {
    "status": Role.VIEWER,
    "task list": Role.VIEWER,
    "task show": Role.VIEWER,
    "task submit": Role.OPERATOR,
    "task cancel": Role.OPERATOR,
    "task retry": Role.OPERATOR,
    "agent send": Role.OPERATOR,
    "element list": Role.VIEWER,
    "plugin list": Role.VIEWER,
    "plugin show": Role.VIEWER,
    "plugin install": Role.ADMINISTRATOR,
    "plugin update": Role.ADMINISTRATOR,
    "plugin enable": Role.ADMINISTRATOR,
    "plugin disable": Role.ADMINISTRATOR,
    "plugin remove": Role.ADMINISTRATOR,
    "approvals": Role.VIEWER,
    "answer": Role.OPERATOR,
    "answer always": Role.ADMINISTRATOR,
    "token create": Role.ADMINISTRATOR,
    "token list": Role.ADMINISTRATOR,
    "token revoke": Role.ADMINISTRATOR,
    "token url": Role.ADMINISTRATOR,
    "stop": Role.ADMINISTRATOR,
}
"""The least role that a command needs."""


def check_allowed(principal: Principal, command: str) -> None:
    """Raise OperatorError for who may not."""
    if not principal.role.includes(COMMANDS[command]):
        raise not_allowed(principal, command, COMMANDS[command])
