"""What an agent's run comes to."""

import json as _json


class Output:
    """The answer: `text` for people, `json` (any JSON value) where the task asked for one."""

    def __init__(self, text, json=None):
        self.text = text
        self.json = json

    def record(self, kind):
        """As the bindings' record `kind`."""
        return kind(self.text, None if self.json is None else _json.dumps(self.json))
