"""Look here if you want to know how whoever waits learns that a component is being compiled, which
takes a large one half a minute, once.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

CompilingHeard = Callable[[str, int, int], None]
"""Told where the component is from, its bytes, and the whole seconds that compiling it has taken
so far: after the first one, then once each second. It must return at once.
"""

COMPILING: Final[ContextVar[CompilingHeard | None]] = ContextVar("compiling", default=None)
"""Who is told, of what is compiled in tasks of this context."""
