"""Look here if you want to know how code of lion's own, which acts for a workflow or speaks with a
program of others, is made of what stands for it in the log.
"""

from lion.conductor.component import load_workflow
from lion.domain.program import is_program
from lion.domain.workflow import is_workflow
from lion.ports import Component


def is_code(data: bytes) -> bool:
    """Whether bytes are for lion to act by, and no component's."""
    return is_workflow(data) or is_program(data)


def load_code(data: bytes) -> Component:
    """What acts by them. Raises AuditError for what this lion cannot read."""
    if is_program(data):
        from lion.conductor.program import load_program

        return load_program(data)
    return load_workflow(data)
