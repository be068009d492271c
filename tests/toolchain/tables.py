"""Look here if you want to know how a manifest calls a tool with arguments of any names."""

from collections.abc import Mapping
from typing import Any

import tomli_w


def call_with(tool: str, arguments: Mapping[str, Any]) -> str:
    """One [[run]] table that calls a tool."""
    given = tomli_w.dumps({"run": {"with": dict(arguments)}}) if arguments else ""
    return f'[[run]]\ncall = "{tool}"\n{given}'
