"""Look here if you want to know what is said when componentize-py makes no component.

Rule: the author's own mistake is told with its file and line; panics and their stacks stay out.
"""

import re
from typing import Final

from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.toolchain.project import Project, shown

_FRAME: Final = re.compile(r'File "[^"]*?/?([\w.-]+\.py)", line (\d+), in ')
_KINDS: Final = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Warning)): ([^\n]+)")
_WIT: Final = re.compile(r"--> (?:\S*/)?wit/(\S+?):(\d+):(\d+)")
_LIMIT: Final = 400


def failed(project: Project, said: str) -> OperatorError:
    """What went wrong, by what it printed."""
    lines = said.partition("Stack backtrace:")[0].strip()
    at_wit = _WIT.search(lines)
    if at_wit:
        why = _reason(lines)
        place = f"{shown(project.wit / at_wit[1])}:{at_wit[2]}"
        return OperatorError(f"{place}: {why}", hint="correct the WIT there", diagnostics=lines)
    raised = [m for m in _KINDS.finditer(lines) if m[1] != "AssertionError"]
    if raised:
        kind, text = raised[-1].groups()
        words = text if kind == "ImportError" else f"{kind}: {text}"
        return OperatorError(
            f"{project.name} does not start: {_place(project, lines)}{_short(words)}",
            hint="its modules are imported once, while it is built; correct it and build again",
            diagnostics=lines,
        )
    return OperatorError(
        f"{project.name} was not built: {_reason(lines)}",
        hint="an export cannot be called `read`, which componentize-py keeps for itself"
        if "read" in lines
        else f"see {shown(project.wit)}",
        diagnostics=lines,
    )


def _place(project: Project, lines: str) -> str:
    """The line of the author's where it happened, if the traceback says one."""
    frames = [m.groups() for m in _FRAME.finditer(lines)]
    source = project.folder / "src"
    own = [(name, line) for name, line in frames if (source / name).is_file()]
    return f"{shown(source / own[-1][0])}:{own[-1][1]}: " if own else ""


def _reason(lines: str) -> str:
    rest = [line.strip() for line in lines.splitlines() if line.strip()]
    told = [
        line.removeprefix("error: ") for line in rest if not line.startswith(("Traceback", "File"))
    ]
    return _short(told[-1] if told else "componentize-py said nothing")


def _short(text: str) -> str:
    line = show_line(text.strip())
    return line if len(line) <= _LIMIT else line[:_LIMIT] + " ..."
