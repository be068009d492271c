"""Look here if you want to know how a manifest names a server of the Model Context Protocol whose
tools guests may call.
"""

from pydantic import Field

from lion.manifest.base_table import Table
from lion.manifest.fields import Name
from lion.manifest.system_tables import SystemLimits


class McpTable(Table):
    """A server of the Model Context Protocol: a program that is started for each run, outside of
    the sandbox, with nothing in its environment but what stands here.
    """

    command: list[str] = Field(min_length=1)
    env: dict[str, str] = {}
    secrets: dict[str, Name] = {}
    limits: SystemLimits | None = None
