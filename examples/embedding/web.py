"""A web server whose answers come from plugins. Here a client in the same process asks it."""

from pathlib import Path
from typing import Any

from flask import Flask, request

import lion

CALCULATOR = Path(__file__).parents[2] / "plugins-wasm/calculator.wasm"
Answer = tuple[dict[str, Any], int]


def build_app(host: lion.blocking.BlockingHost) -> Flask:
    """The server; its threads may all call at once."""
    app = Flask("plugins")

    @app.post("/calculator/<tool>")
    def call(tool: str) -> Answer:
        return {"result": host.call(CALCULATOR, tool, request.get_json())}, 200

    @app.errorhandler(lion.OwnError)
    def tell(error: lion.OwnError) -> Answer:
        return {"error": error.value}, 422

    @app.errorhandler(lion.LionError)
    def hide(error: lion.LionError) -> Answer:
        app.logger.warning("%s", error)
        return {"error": "this cannot be answered"}, 400 if error.exit_code == 2 else 500

    return app


def main() -> None:
    with lion.blocking.open_host() as host:
        client = build_app(host).test_client()  # in its place: build_app(host).run()
        for tool, a, b in (("add", 1, 2), ("divide", 1, 0), ("ad", 1, 2)):
            answer = client.post(f"/calculator/{tool}", json={"a": a, "b": b})
            print(answer.status_code, answer.get_json())


if __name__ == "__main__":
    main()
