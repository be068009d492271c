"""Look here if you want to know what answers in a dry run, and what a folder of samples has.

    samples.toml        answers of servers and tools (manifest/samples.py)
    models/NAME.toml    the script of a model (manifest/script.py), whoever serves it else
    bodies/             what `file` in samples.toml names
    files/              what lies under paths that nobody was granted

Rule: what no sample answers is answered by the emptiest there is: 200 and no body, a model that
says nothing; it is noted, so that a person knows what was made up.
Rule: nothing here asks anybody.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import trio

from lion.capabilities.http.canned import CannedAnswer, CannedRequest
from lion.domain.names import did_you_mean
from lion.errors import OperatorError, OwnError
from lion.kernel.faked_tools import Answerer
from lion.reading import COMPONENT_SIZE, read_regular, read_text, reason_of
from lion.scopes.http_match import grant_pattern
from lion.scopes.table import SCOPES

FILE: Final = "samples.toml"
MODELS: Final = "models"
FILES: Final = "files"
BODIES: Final = "bodies"
_PARTS: Final = (FILE, MODELS, FILES, BODIES)
MOST_NOTED: Final = 100
"""Different made-up answers that are told; others are not."""


class Samples:
    """What a folder has; an empty one without a folder. Made by read_samples."""

    def __init__(self, folder: Path | None) -> None:
        self.scripts: dict[str, Path] = {}
        self.files: Path | None = None
        self.tools: dict[str, Answerer] = {}
        self.made_up: dict[str, int] = {}
        """What was answered by the emptiest there is, and how often."""
        self._http: list[tuple[Any, CannedAnswer]] = []
        if folder is not None:
            self._read(folder)

    async def answer(self, request: CannedRequest) -> CannedAnswer:
        """What a server says."""
        await trio.lowlevel.checkpoint()
        asked = f"{request.method} {request.url}"
        target = SCOPES["http"].read_target(asked)
        for pattern, answer in self._http:
            if pattern.matches(target):
                return answer
        self.note(f"http {asked}")
        return CannedAnswer(status=200)

    def note(self, what: str) -> None:
        """Remember that something was made up."""
        if what in self.made_up or len(self.made_up) < MOST_NOTED:
            self.made_up[what] = self.made_up.get(what, 0) + 1

    def _read(self, folder: Path) -> None:
        from lion.manifest.samples import parse_samples

        for entry in _entries(folder):
            if entry.name not in _PARTS:
                meant = did_you_mean(entry.name, _PARTS)
                raise OperatorError(f"{str(entry)!r} is no part of samples", hint=meant)
        if (folder / MODELS).is_dir():
            self.scripts = {one.stem: one for one in _entries(folder / MODELS)}
        if (folder / FILES).is_dir():
            self.files = folder / FILES
        path = folder / FILE
        if not path.exists():
            return
        table = parse_samples(read_text(path, "the samples"), path)
        for http in table.http:
            body = (
                http.body.encode() if http.file is None else _content(folder / BODIES, http.file)
            )
            headers = tuple((name.lower(), value) for name, value in http.headers.items())
            answer = CannedAnswer(status=http.status, headers=headers, body=body)
            self._http.append((grant_pattern(http.request), answer))
        for tool in table.tool:
            self.tools.setdefault(tool.name, _giving(tool.result, tool.error))


def read_samples(folder: Path | None) -> Samples:
    """The samples of a folder, or none. Raises OperatorError."""
    return Samples(folder)


def check_samples(samples: Samples, holders: Mapping[str, Any], models: Mapping[str, Any]) -> None:
    """Raise OperatorError for a sample of a tool or model that the manifest has not."""
    for name in samples.tools:
        plugin = name.partition(".")[0]
        if plugin not in holders:
            raise OperatorError(
                f"a sample is of the tool {name!r}, and there is no plugin {plugin!r}",
                hint=did_you_mean(plugin, holders),
            )
    for name in samples.scripts:
        if name not in models:
            raise OperatorError(
                f"a sample is of the model {name!r}, which the manifest has not",
                hint=did_you_mean(name, models),
            )


def _giving(result: Any, error: Any) -> Answerer:
    async def give(arguments: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if error is not None:
            raise OwnError(error, "a sample")
        return result

    return give


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    except OSError as exc:
        raise OperatorError(
            f"the samples {str(folder)!r} cannot be read: {reason_of(exc)}",
            hint="name a folder with --samples",
        ) from exc


def _content(folder: Path, name: str) -> bytes:
    try:
        return read_regular(folder / name, COMPONENT_SIZE)
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"the sample {str(folder / name)!r} cannot be read: {reason_of(exc)}",
            hint=f"correct `file` in {FILE}, or put it there",
        ) from exc
