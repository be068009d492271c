"""Look here if you want to know what a guest does when AssemblyScript aborts: the message goes
to the log, with file, line and column, and then it traps.
"""

from lion.toolchain.assemblyscript.text import HEADER
from lion.values.wit import EnumOf, VariantOf
from lion.wasm.worlds import World

_SILENT = """\
// What `abort` is here: this world has no log, so it only traps.

export function abort(
  message: string | null = null,
  file: string | null = null,
  line: u32 = 0,
  column: u32 = 0,
): void {
  unreachable();
}
"""
_LOGGED = """\
// What `abort` is here: the message goes to the log, and then it traps.

import {{ lastWords }} from "lion-as/last-words";

// @ts-ignore: decorator
@external("{interface}", "write")
declare function write(level: i32, text: usize, size: i32, answer: usize): void;

export function abort(
  message: string | null = null,
  file: string | null = null,
  line: u32 = 0,
  column: u32 = 0,
): void {{
  const size = lastWords.write(message, file, line, column);
  if (size) write({level}, lastWords.TEXT, size, lastWords.ANSWER);
  unreachable();
}}
"""


def abort_module(world: World) -> str:
    """The module whose `abort` asc is told to use."""
    for interface in world.imports:
        write = dict(interface.functions).get("write")
        if interface.name.startswith("lion:host/log@") and write is not None:
            level = write.params[0][1]
            assert isinstance(level, EnumOf) and not isinstance(level, VariantOf)
            number = level.names.index("error")
            return HEADER + _LOGGED.format(interface=interface.name, level=number)
    return HEADER + _SILENT
