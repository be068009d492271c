"""Look here if you want to know how pictures stand on the page: a workflow's, as it is drawn
everywhere.

Rule: a picture is markup of lion's own, in which every word was escaped where it was drawn.
"""

from markupsafe import Markup

from lion.domain.workflow import Workflow
from lion.errors import OperatorError
from lion.workflows.check import check_workflow
from lion.workflows.drawing import as_svg
from lion.workflows.graph import graph_of


def picture_of(workflow: Workflow) -> Markup | None:
    """A workflow's picture; None for one that this lion cannot read."""
    try:
        return Markup(as_svg(graph_of(workflow, check_workflow(workflow))))
    except OperatorError:
        return None
