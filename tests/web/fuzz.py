"""Look here if you want to know how a service is asked what its own description allows, and what
it does not: by schemathesis, which makes requests of an OpenAPI document.

Rule: what is made depends on a seed alone, so what fails once fails again.
"""

from collections.abc import Iterator
from typing import Any, Final

import hypothesis
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup

from lion.domain.task import Role
from tests.web.kit import Web

IN_WORDS: Final = {
    "/api/plugins": "what fits a schema may be no manifest: it is TOML, and has to name something",
    "/api/plugins/{id}": "one of two fields, and a manifest",
    "/api/plugins/{id}/invoke": "arguments fit the tool's schema, which is another for each",
    "/api/audit/what-if": "a policy is TOML",
    "/api/logs": "an agent or a plugin, not both",
    "/api/tokens": "a whole number is one that is written so: 5.0 is none",
}
"""Routes that refuse what fits their schema, and why no schema can say so."""
SECONDS: Final = 30
Found = dict[str, list[str]]


class Fuzz:
    """Asks a service as one of its roles; `known` are ids that there are, by a path's second word
    or its first one.
    """

    def __init__(self, web: Web, known: dict[str, str], seed: int, times: int) -> None:
        self._web = web
        self._known = known
        self._seed = seed
        self._times = times
        self.found: Found = {}
        """What is not as it is described: by method, path and check, with the requests."""
        self.asked: set[tuple[str, str]] = set()
        """Operations that were asked, by method and path."""
        self.statuses: set[int] = set()

    def run(self, without: tuple[str, ...]) -> None:
        """Ask everything but some paths."""
        headers = self._headers()
        got = requests.get(
            f"{self._web.doors.origin}/openapi.json", headers=headers, timeout=SECONDS
        )
        for one in schemathesis.openapi.from_dict(got.json()).get_all_operations():
            operation: Any = one.ok()  # type: ignore[union-attr]
            if operation.path not in without:
                for mode in GenerationMode:
                    self._ask(operation, mode)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._web.tokens[Role.ADMINISTRATOR]}"}

    def _ask(self, operation: Any, mode: GenerationMode) -> None:
        @hypothesis.seed(self._seed)
        @hypothesis.settings(
            max_examples=self._times, database=None, deadline=None, derandomize=False,
            phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(operation.as_strategy(generation_mode=mode))
        def ask_one(case: Any) -> None:
            self._ask_one(case, mode)

        try:
            ask_one()
        except hypothesis.errors.Unsatisfiable:  # nothing can be wrong about it
            assert mode is GenerationMode.NEGATIVE

    def _ask_one(self, case: Any, mode: GenerationMode) -> None:
        operation = case.operation
        key = operation.method.upper(), operation.path
        if mode is GenerationMode.POSITIVE and key not in self.asked:
            for word in self._words(operation.path):  # the first of each is about what there is
                case.path_parameters["id"] = word
        self.asked.add(key)
        answer = case.call(
            base_url=self._web.doors.origin, headers=self._headers(), timeout=SECONDS,
            allow_redirects=False,
        )  # fmt: skip
        self.statuses.add(answer.status_code)
        checks = schemathesis.checks
        # A good token and a bad cookie together are let in; test_described.py asks with neither.
        excluded = [checks.ignored_auth]
        excluded += [checks.positive_data_acceptance] if operation.path in IN_WORDS else []
        try:
            case.validate_response(answer, excluded_checks=excluded)
        except (Failure, FailureGroup) as error:
            for each in getattr(error, "exceptions", [error]):
                said = f"{type(each).__name__}: {getattr(each, 'message', each)}"
                if "/properties/Authorization" in said:  # ours was sent in its place
                    continue
                if "AcceptedNegative" in said and "" in (case.query or {}).values():
                    continue  # a browser's form sends what is left out as nothing
                name = f"{' '.join(key)} {said}"
                body = getattr(case, "body", None)
                asked = f"{case.formatted_path} {case.query} {body!r:.300}"
                self.found.setdefault(name, []).append(f"{asked} -> {answer.status_code}")

    def _words(self, path: str) -> Iterator[str]:
        parts = path.split("/")
        word = self._known.get(parts[2] if parts[1] == "api" else parts[1])
        if "{id}" in path and word is not None:
            yield word
