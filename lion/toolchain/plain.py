"""Look here if you want to know in what environment a tool runs whose words are taken apart.

Rule: colours and bars, which people's settings or a CI may ask for, are kept out of such words.
"""

import os
from typing import Final

_FORCE: Final = ("CLICOLOR_FORCE", "FORCE_COLOR", "PYTHON_COLORS")
_PLAIN: Final = {
    "NO_COLOR": "1",
    "CARGO_TERM_COLOR": "never",
    "CARGO_TERM_PROGRESS_WHEN": "never",
    "npm_config_color": "false",
    "npm_config_progress": "false",
}


def plain_environment() -> dict[str, str]:
    """This process's environment, but tools write without colours, however they are asked."""
    return {name: value for name, value in os.environ.items() if name not in _FORCE} | _PLAIN
