"""What lion lends, as Python: for plugins and agents that run in the sandbox.

    from lion_guest import config, fs, http, kv, llm, log, output, tools

Each module stands for one of lion's interfaces, and is there if `wit/world.wit` imports it. A call
that gave nothing raises `Error`, whose `code` says why (`denied`, `not-found`, `timeout`, ...).

A function of the world is a function of the same name in `app.py`, with `_` for `-`. One of type
`result<_, string>` raises `ToolError("why")`; an `Error` that is not caught is told as well.
"""

from .errors import Denied, Err, Error, ToolError
from .outputs import Output

__all__ = ["Denied", "Err", "Error", "Output", "ToolError"]
