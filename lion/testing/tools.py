"""Look here if you want to know how a test stands in for other plugins' tools
(kernel/faked_tools.py).
"""

from collections.abc import Mapping
from typing import Any

from lion.domain.call import CallError
from lion.errors import OperatorError, OwnError
from lion.kernel.faked_tools import install_faked_tools
from lion.ports import Operation
from lion.testing.fakes import Failures, answering


def fake_tools(
    operations: dict[tuple[str, str], Operation], answers: Mapping[str, Any], failures: Failures
) -> None:
    """Let the test answer calls of the tools in `answers` ("fetcher.fetch").

    Raises OperatorError for what names no tool.
    """
    for name in answers:
        if not all(name.partition(".")):
            raise OperatorError(f"tools={{{name!r}: ...}} names no tool", hint='"plugin.function"')
    errors = (CallError, OwnError)
    install_faked_tools(
        operations, {name: answering(one, failures, errors) for name, one in answers.items()}
    )
