"""Look here if you want to know for which processors compiled code is good.

The compiler makes use of all that this machine can do, and such code is refused by a machine that
can do less. A cache may be shared by several, or move to one: so entries are for one kind.
"""

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
LINES: Final = 64
"""As many as Linux says of one processor, and more."""


def processor() -> str:
    """What this machine can do, as Linux lists it; elsewhere only what kind of machine it is."""
    machine = os.uname().machine
    with suppress(OSError), CPUINFO.open(encoding="utf-8", errors="replace") as file:
        for line in islice(file, LINES):
            name, _, words = line.partition(":")
            if name.strip() in ("flags", "Features"):
                return f"{machine} {words.strip()}"
    return machine
