"""Look here if you want to know how the operator binds a secret to a value and an audience.

    # secrets.toml in lion's folder of the user's configuration, readable by the user alone
    [api]
    value = "..."                   # or file = "/run/keys/api"
    hosts = ["api.example.com", "*.example.org", "http://127.0.0.1:8000"]
    header = "authorization"        # the default; or query = "key", or body = "key"
    format = "Bearer {}"            # the default for authorization; "{}" elsewhere

    LION_SECRET_API="api.example.com,*.example.org VALUE"    # audience and value, always

A table beside the variable may say where the value goes (header, format, query, body), and not
what it is or who is told.

Rule: what a variable says means one thing, whatever the file has: a file that somebody else wrote
cannot send it elsewhere.
Rule: a manifest names secrets; where a value comes from and who may be told, it cannot say.
Rule: no sentence here has a value in it.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lion.capabilities.secrets.scrub import SHORTEST
from lion.capabilities.secrets.vault import PORTS, Audience, Secret, Vault
from lion.domain.hidden import Hidden
from lion.domain.names import did_you_mean
from lion.errors import OperatorError
from lion.manifest.document import Document
from lion.reading import TEXT_SIZE, read_regular, reason_of
from lion.scopes.http_scope import ANY, host_pattern
from lion.scopes.http_url import BadUrl

SOURCES = ("value", "file", "hosts")
"""What binds: the variable says these itself."""
KEYS = ("value", "file", "hosts", "header", "format", "query", "body")
LONGEST = 8 * 1024
"""Characters of a value."""
LARGEST_FILE = LONGEST + 2
"""Bytes of a file that holds one and ends its line."""


def variable_of(name: str) -> str:
    """The variable that binds a secret: `LION_SECRET_MY_API` for `my-api`."""
    return "LION_SECRET_" + name.upper().replace("-", "_")


def open_vault(path: Path | None, variables: Mapping[str, Hidden], names: Iterable[str]) -> Vault:
    """The named secrets, as far as they are bound. Raises OperatorError for a wrong binding.

    `variables` are those of the environment that begin with LION_SECRET_.
    """
    wanted = sorted(set(names))
    if not wanted:
        return Vault()
    document, tables = _read(path)
    found = {}
    for name in wanted:
        secret = _bind(name, document, tables.get(name), variables.get(variable_of(name)))
        if secret is not None:
            found[name] = secret
    return Vault(found)


def value_files(path: Path | None) -> tuple[Path, ...]:
    """The files that the operator's secrets are read from. Raises OperatorError as open_vault."""
    tables = _read(path)[1].values()
    return tuple(Path(os.path.abspath(one["file"])) for one in tables if "file" in one)


def _read(path: Path | None) -> tuple[Document, dict[str, Any]]:
    if path is None:
        return Document("", kind="secrets", path=None), {}
    try:
        text = read_regular(path, TEXT_SIZE).decode("utf-8")
        mode = path.stat().st_mode
    except (OSError, ValueError) as exc:
        # Without the cause, which may have a value in it.
        raise OperatorError(
            f"the secrets {str(path)!r} cannot be read: {reason_of(exc)}",
            hint="check the path and its permissions",
        ) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise OperatorError(
            f"the secrets {str(path)!r} can be read by others", hint=f"chmod 600 {path}"
        )
    document = Document(text, kind="secrets", path=path)
    tables = document.parse()
    for name, table in tables.items():
        _check_table(document, name, table)
    return document, tables


def _check_table(document: Document, name: str, table: Any) -> None:
    if not isinstance(table, dict):
        # The value of a key at the top could be a secret: it is not repeated.
        raise document.error((name,), "is no table", f"write [{name}] and value = ... below it")
    for key, value in table.items():
        if key not in KEYS:
            raise document.error((name, key), f"unknown key {key!r}", did_you_mean(key, KEYS))
        is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not (is_list if key == "hosts" else isinstance(value, str)):
            kind = "a list of texts" if key == "hosts" else "a text in quotes"
            raise document.error((name, key), f"should be {kind}")


def _bind(
    name: str, document: Document, table: dict[str, Any] | None, variable: Hidden | None
) -> Secret | None:
    if variable is not None:
        _check_beside(name, document, table or {})
        return _of_variable(name, variable, table or {})
    if table is None:
        return None
    hosts = table.get("hosts", [])
    if not hosts:
        raise document.error((name,), "has no audience", 'add hosts = ["api.example.com"]')
    try:
        audience = tuple(map(parse_audience, hosts))
    except BadUrl as exc:
        raise document.error((name, "hosts"), str(exc)) from None
    value = _value(document, name, table)
    if value is None:
        return None
    return _secret(name, value, audience, table, lambda what: document.error((name,), what))


def _check_beside(name: str, document: Document, table: dict[str, Any]) -> None:
    """Raise OperatorError for a table that binds what the variable binds, too."""
    said = [key for key in SOURCES if key in table]
    if said:
        variable = variable_of(name)
        raise document.error(
            (name, said[0]),
            f"the secret {name!r} is bound twice: by {' and '.join(said)} here, and by the "
            f"variable {variable}, which says who is told and the value",
            f"if you wrote this table, take {' and '.join(said)} out, or: unset {variable}",
        )


def _value(document: Document, name: str, table: dict[str, Any]) -> Hidden | None:
    if "value" in table and "file" in table:
        raise document.error((name,), "has a value and a file", "remove one of them")
    if "file" not in table:
        return Hidden(table["value"]) if "value" in table else None
    try:
        value = read_regular(Path(table["file"]), LARGEST_FILE).decode("utf-8")
    except OperatorError as exc:
        raise document.error((name, "file"), exc.what, exc.hint) from None
    except (OSError, ValueError) as exc:
        raise document.error((name, "file"), f"cannot be read: {reason_of(exc)}") from None
    return Hidden(value.rstrip("\r\n"))


def _of_variable(name: str, variable: Hidden, table: dict[str, Any]) -> Secret:
    def error(what: str) -> OperatorError:
        return OperatorError(
            f"{variable_of(name)} {what}",
            hint='write "HOST VALUE" into it, for instance "api.example.com sk-..."',
        )

    hosts, space, value = variable.reveal().partition(" ")
    if not space:
        raise error("says no audience")
    try:
        audience = tuple(map(parse_audience, hosts.split(",")))
    except BadUrl:
        raise error("begins with what is no list of hosts") from None
    return _secret(name, Hidden(value), audience, table, error)


def _secret(
    name: str, value: Hidden, audience: tuple[Audience, ...], table: dict[str, Any], error: Any
) -> Secret:
    shown = value.reveal()
    if not SHORTEST <= len(shown) <= LONGEST:
        raise error(f"has a value of fewer than {SHORTEST} or more than {LONGEST} characters")
    if not shown.isascii() or not shown.isprintable() or shown != shown.strip():
        raise error("has a value with characters that no header can carry")
    places = [key for key in ("header", "query", "body") if key in table]
    if len(places) > 1:
        raise error(f"goes into {' and '.join(places)}; choose one")
    header = table.get("header", "authorization" if not places else None)
    header = header and header.lower()
    form = table.get("format", "Bearer {}" if header == "authorization" else "{}")
    if form.count("{}") != 1 or not form.isascii() or not form.isprintable():
        raise error('has a format without exactly one "{}"')
    return Secret(
        name=name, value=value, audience=audience, header=header, format=form,
        query=table.get("query"), body=table.get("body"),
        is_placed=bool(places) or "format" in table,
    )  # fmt: skip


def parse_audience(text: str) -> Audience:
    """`api.example.com` (https), `*.example.org`, `http://127.0.0.1:8000`. Raises BadUrl."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "https", text
    if scheme not in PORTS:
        raise BadUrl("an audience is reached by http, https, redis or rediss")
    host, colon, port = rest.rpartition(":")
    if not colon or rest.endswith("]"):
        host, port = rest, str(PORTS[scheme])
    if not port.isdecimal() or not 1 <= int(port) <= 65_535 or any(c in host for c in "/?#@ "):
        raise BadUrl("an audience is a host, such as api.example.com or http://127.0.0.1:8000")
    pattern = host_pattern(host)
    if pattern == ANY:
        raise BadUrl("an audience names its hosts; a star alone is every server")
    return Audience(scheme=scheme, host=pattern, port=int(port))
