"""Look here if you want to know what a guest is told of how it was started.

Rule: it is the manifest's, all of it; nothing of the host's own arguments or environment.
"""

from typing import Any

from lion.ports import CallContext, Kind, Operation


def start(caller: CallContext) -> dict[str, Any]:
    """The record `process.program`."""
    program = caller.program
    mounts = (grant.mount for grant in caller.grants("fs"))
    return {
        "args": [caller.holder, *program.args],
        "env": list(program.env.items()),
        "stdin": program.stdin,
        "directories": [
            {"path": mount.path, "writable": mount.write}
            for mount in sorted(filter(None, mounts), key=lambda one: one.path)
        ],
    }


OPERATIONS = (Operation("process", "start", Kind.INSTANT, start),)
