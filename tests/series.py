"""Look here if you want to know how long the long series are: a sample in CI, and whole for
`make soak`, `make crash` and `make fuzz`.
"""

import os
from typing import Final

IS_WHOLE: Final = os.environ.get("LION_SERIES") == "whole"


def times(whole: int, *, sample: int) -> int:
    """How often to do it."""
    return whole if IS_WHOLE else sample
