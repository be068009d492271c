"""Look here if you want to know how a test says that something costs little, on any machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def count_steps(act: Callable[[], object]) -> int:
    """How many lines of Python are executed; what C does in one of them counts as one.

    What takes C for ever takes the test for ever: pytest ends it (`faulthandler_timeout`).
    """
    steps = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return steps
