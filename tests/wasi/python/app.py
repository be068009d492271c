"""A plugin in Python, which runs within the sandbox: CPython is a part of the component."""

import wit_world
from componentize_py_types import Err
from wit_world.imports import tools


class WitWorld(wit_world.WitWorld):
    def count(self, text: str) -> int:
        return len(text.split())

    def read_file(self, path: str) -> str:
        try:
            with open(path) as file:
                return file.read()
        except OSError as exc:
            raise Err(type(exc).__name__) from exc

    def reach(self, what: str) -> str:
        try:
            if what == "environment":
                import os

                return str(dict(os.environ))
            module = __import__(what)
            if what == "socket":
                module.create_connection(("127.0.0.1", 80))
            elif what == "subprocess":
                module.run(["ls"])
            else:
                module.CDLL(None)
            return "it went through"
        except Exception as exc:
            raise Err(type(exc).__name__) from exc

    def ask(self, name: str) -> str:
        return tools.call(name, '{"a": 1, "b": 2}')
