"""Look here if you want to know how the models of a manifest are made ready for a run.

Rule: a script is read once, before the run begins, and a mistake in it is the operator's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lion.capabilities.http.contract import HttpDoor
from lion.capabilities.models.provider import Models, Provider, Served
from lion.domain.plan import Model, Plan
from lion.errors import InternalError
from lion.reading import read_text

if TYPE_CHECKING:
    from lion.capabilities.models.wire import Wire
    from lion.capabilities.secrets.scrub import Scrubber


def open_models(plan: Plan, door: HttpDoor | None, scrubber: "Scrubber | None" = None) -> Models:
    """The models of a plan. Raises OperatorError for a script that cannot be read."""
    values = plan.resolved.get("vars", {})
    return {
        name: Served(model, _provider(model, values, door, scrubber))
        for name, model in plan.models.items()
    }


def check_scripts(plan: Plan) -> None:
    """Read every script of a plan. Raises OperatorError for the first mistake."""
    for model in plan.models.values():
        if model.script is not None:
            _scripted(model.script, plan.resolved.get("vars", {}))


def _provider(
    model: Model,
    values: Mapping[str, str],
    door: HttpDoor | None,
    scrubber: "Scrubber | None",
) -> Provider:
    if model.script is not None:
        return _scripted(model.script, values)
    if door is None:
        raise InternalError(f"the model {model.name!r} is on a server and there is no way out")
    from lion.capabilities.models.remote import RemoteModel

    remote = RemoteModel(model, wire_of(model), door)
    if scrubber is None:
        return remote
    from lion.capabilities.models.starred import StarredModel

    return StarredModel(remote, scrubber)


def wire_of(model: Model) -> "Wire":
    """The protocol that a model's provider speaks."""
    match model.provider:
        case "anthropic":
            from lion.capabilities.models.anthropic_wire import AnthropicWire

            return AnthropicWire()
        case "openai-responses":
            from lion.capabilities.models.responses_wire import ResponsesWire

            return ResponsesWire()
        case "openai":
            from lion.capabilities.models.openai_wire import OpenAiWire

            return OpenAiWire()
        case _:
            raise InternalError(f"the provider {model.provider!r} has no protocol")


def _scripted(path: Path, values: Mapping[str, str]) -> Provider:
    # pydantic is loaded by whoever read the manifest; nobody else comes here.
    from lion.capabilities.models.scripted import ScriptedModel
    from lion.manifest.script import parse_script

    text = read_text(path, "the script", hint="check models.*.script in the manifest")
    return ScriptedModel(parse_script(text, path=path, values=values))
