"""Look here if you want to know when a secret's value goes into a request, and where it is put.

Rule: only where the operator's audience has the very origin; over plain http only if it says so.
Rule: what asks names secrets, never values; a value leaves here into a request and nowhere else.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

import msgspec

from lion.capabilities.http.headers import Header
from lion.capabilities.secrets.scrub import Scrubber
from lion.domain.bus_terms import USUAL_PORT
from lion.domain.call import CallError
from lion.domain.hidden import Hidden
from lion.scopes.http_match import host_matches
from lion.scopes.http_url import DEFAULT_PORTS, Url

PORTS = {**DEFAULT_PORTS, "redis": USUAL_PORT, "rediss": USUAL_PORT}
"""By which somebody may be told, and where that is if it does not say."""


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """An origin that may be told; `host` is in normal form, or `*.x`."""

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """As people write it: `https://*.example.com`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def has(self, url: Url) -> bool:
        """Whether this URL is there."""
        is_port = (self.scheme, self.port) == (url.scheme, url.port)
        return is_port and host_matches(self.host, url.host)


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A value, who may be told, and in which header, query or body field.

    `is_placed`: the operator said where; else a protocol's own header may be meant.
    """

    name: str
    value: Hidden
    audience: tuple[Audience, ...]
    header: str | None = None
    format: str = "{}"
    query: str | None = None
    body: str | None = None
    is_placed: bool = True

    def at(self, header: str) -> "Secret":
        """The same, in this header if the operator said no other place."""
        if self.is_placed or not header:
            return self
        return msgspec.structs.replace(self, header=header, format="{}")

    def is_for(self, url: Url) -> bool:
        """Whether the audience has this URL."""
        return any(one.has(url) for one in self.audience)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request a secret can go into."""

    resource: str
    headers: tuple[Header, ...]
    body: bytes | None = None

    def __repr__(self) -> str:
        return "Parts()"


class Vault:
    """The secrets the operator bound."""

    def __init__(self, secrets: Mapping[str, Secret] | None = None) -> None:
        self._secrets = dict(secrets or {})
        self.scrubber = Scrubber(s.value for s in self._secrets.values()) if secrets else None
        """Knows all values, whoever may use them; None if there is none."""

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._secrets)})"

    def has(self, name: str) -> bool:
        """Whether the operator bound this name."""
        return name in self._secrets

    def hand(self, name: str) -> str | None:
        """A value itself, for a server that the operator has agreed to; None: it is not bound."""
        secret = self._secrets.get(name)
        return None if secret is None else secret.value.reveal()

    def hand_for(self, name: str, scheme: str, host: str, port: int) -> Hidden | None:
        """A value for who is spoken to by another protocol; None: it is not bound, or not for
        there.
        """
        secret = self._secrets.get(name)
        audience = () if secret is None else secret.audience
        told = any(
            (one.scheme, one.port) == (scheme, port) and host_matches(one.host, host)
            for one in audience
        )
        return secret.value if told and secret is not None else None

    def origins(self, name: str) -> tuple[str, ...]:
        """Where a bound secret may go; nowhere if it is not."""
        secret = self._secrets.get(name)
        return () if secret is None else tuple(one.origin for one in secret.audience)

    def finds(self, data: bytes) -> bool:
        """Whether any value is in there."""
        return self.scrubber is not None and self.scrubber.finds(data)

    def inject(
        self,
        url: Url,
        parts: Parts,
        names: Iterable[str],
        required: Iterable[str],
        *,
        is_told: bool = False,
        key_header: str = "",
    ) -> Parts:
        """The parts with every named secret whose audience has the URL.

        `key_header` is where required ones go if the operator did not say. `is_told`: one of the
        names has to be for there, and all be bound. Raises
        CallError("denied") for that, and for a required one that is not bound, or not for there,
        or goes into a body that there is not.
        """
        names, required = tuple(dict.fromkeys(names)), tuple(required)
        for name in (*names, *required) if is_told else required:
            if name not in self._secrets:
                raise CallError("denied", f"the secret {name!r} is bound to no value")
        for name in required:
            if not self._secrets[name].is_for(url):
                raise CallError("denied", self._elsewhere(name, url))
        told = [
            secret
            for name in dict.fromkeys((*names, *required))
            if (secret := self._secrets.get(name)) is not None and secret.is_for(url)
        ]
        if is_told and names and not told:
            raise CallError("denied", "; ".join(self._elsewhere(name, url) for name in names))
        for secret in told:
            if secret.body is not None and parts.body is None and (is_told or required):
                words = f"the secret {secret.name!r} goes into a body, which is not there at once"
                raise CallError("denied", words)
            is_key = secret.name in required
            parts = _put(secret.at(key_header) if is_key else secret, parts)
        return parts

    def _elsewhere(self, name: str, url: Url) -> str:
        """That a bound secret is not for there, and what it is for."""
        secret = self._secrets[name]
        words = f"the secret {name!r} is not for {url.origin}, it is for "
        words += " and ".join(one.origin for one in secret.audience)
        is_near = any(
            one.scheme == "https" and url.scheme == "http" and host_matches(one.host, url.host)
            for one in secret.audience
        )
        return f"{words} (a host without http:// means https)" if is_near else words


def _put(secret: Secret, parts: Parts) -> Parts:
    value = secret.value.reveal()
    if secret.header is not None:
        kept = tuple(pair for pair in parts.headers if pair[0] != secret.header)
        headers = (*kept, (secret.header, secret.format.replace("{}", value)))
        parts = msgspec.structs.replace(parts, headers=headers)
    if secret.query is not None:
        field = f"{quote(secret.query, safe='')}={quote(value, safe='')}"
        mark = "&" if "?" in parts.resource else "?"
        parts = msgspec.structs.replace(parts, resource=f"{parts.resource}{mark}{field}")
    if secret.body is not None and parts.body is not None:
        parts = msgspec.structs.replace(parts, body=_with_field(parts, secret.body, value))
    return parts


def _with_field(parts: Parts, field: str, value: str) -> bytes:
    """The body with a field more: of a JSON object, or of a form."""
    body = parts.body or b""
    kind = next((text for name, text in parts.headers if name == "content-type"), "")
    if kind.startswith("application/x-www-form-urlencoded"):
        written = f"{quote(field, safe='')}={quote(value, safe='')}".encode()
        return body + b"&" + written if body else written
    try:
        # Members stay as they were written: they may be nested without end, and none is looked at.
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        words = (
            "a secret goes into this body, which is no JSON object or form, or nested too deeply"
        )
        raise CallError("invalid", words) from None
    return msgspec.json.encode({**members, field: value})
