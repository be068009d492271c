"""Look here if you want to know how a command speaks to the service of its state directory.

Rule: what the service refuses is raised here with its own words, as if it had been done here.
"""

import http.client
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from lion.domain.text import show_line
from lion.errors import OperatorError, OutsideError
from lion.service.problems import error_of
from lion.service.sockets import reachable, socket_path, stopped_peer

CONNECT_SECONDS: Final = 5.0
PATIENCE: Final = 2.0
"""Seconds without an answer after which it is looked whether the service is stopped."""
_NO_SERVICE: Final = "no service works on {state!r}"


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, state: Path) -> None:
        super().__init__("service")
        self._state = state

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CONNECT_SECONDS)
        with reachable(socket_path(self._state)) as name:
            self.sock.connect(name)
        self.sock.settimeout(None)

    def wait_answered(self) -> int | None:
        """Wait until something comes; the process that cannot answer, if it is stopped."""
        while not select.select([self.sock], [], [], PATIENCE)[0]:
            if (pid := stopped_peer(self.sock)) is not None:
                return pid
        return None


class Client:
    """Speaks to the service of a state directory. Each call raises what the service answers
    (LionError), OperatorError if there is none, OutsideError if it is cut off.
    """

    def __init__(self, state: Path) -> None:
        self._state = state

    def get(self, *path: str, **query: str) -> Any:
        """What is there."""
        return self.ask("GET", *path, query=query)

    def ask(
        self, method: str, *path: str, body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] = {},
    ) -> Any:  # fmt: skip
        """What a request answers."""
        with self._asked(method, path, body, query) as answer:
            return msgspec.json.decode(self._read(answer))

    def lines(self, *path: str) -> Iterator[Any]:
        """What comes, as long as it comes. Raises OutsideError if it is cut off before its end."""
        with self._asked("GET", path, None, {}) as answer:
            try:
                while line := answer.readline():
                    yield msgspec.json.decode(line)
            except (OSError, http.client.HTTPException, msgspec.DecodeError) as exc:
                raise self._cut_off() from exc

    @contextmanager
    def _asked(
        self, method: str, path: tuple[str, ...], body: Mapping[str, Any] | None,
        query: Mapping[str, str],
    ) -> Iterator[http.client.HTTPResponse]:  # fmt: skip
        target, data = _written(path, body, query)
        with closing(_Connection(self._state)) as connection:
            try:
                connection.request(method, target, data, {"content-type": "application/json"})
                if (pid := connection.wait_answered()) is not None:
                    raise self._stopped(pid)
                answer = connection.getresponse()
            except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as exc:
                raise self._nobody() from exc
            except (OSError, http.client.HTTPException) as exc:
                raise self._cut_off() from exc
            with answer:
                if answer.status >= 400:
                    raise error_of(msgspec.json.decode(self._read(answer), type=dict[str, Any]))
                yield answer

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        try:
            return answer.read()
        except (OSError, http.client.HTTPException) as exc:
            raise self._cut_off() from exc

    def _nobody(self) -> OperatorError:
        return OperatorError(
            _NO_SERVICE.format(state=str(self._state)),
            hint="start one: lion serve MANIFEST; or say where it is: --state DIR",
        )

    def _stopped(self, pid: int) -> OutsideError:
        return OutsideError(
            f"the service of {str(self._state)!r} is stopped, and answers nobody: process {pid}",
            hint=f"let it go on: kill -CONT {pid}",
        )

    def _cut_off(self) -> OutsideError:
        return OutsideError(
            f"the service of {str(self._state)!r} was cut off",
            hint="look whether it works: lion status",
        )


def _written(
    path: tuple[str, ...], body: Mapping[str, Any] | None, query: Mapping[str, str]
) -> tuple[str, bytes | None]:
    """A request's target and body. Raises OperatorError for what is no text: a shell passes on any
    bytes.
    """
    try:
        target = "/" + "/".join(quote(part, safe="") for part in path)
        target += f"?{urlencode(query)}" if query else ""
        return target, None if body is None else msgspec.json.encode(body)
    except UnicodeEncodeError as exc:
        raise no_text(exc) from None


def no_text(exc: UnicodeEncodeError) -> OperatorError:
    """Build the error for bytes of a command line that are no UTF-8."""
    what = show_line(exc.object)
    return OperatorError(f"'{what:.80}' is no text", hint="type it in UTF-8")
