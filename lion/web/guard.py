"""Look here if you want to know who may speak to a service over TCP, and how it knows.

Rule: a name that is not this service's is nobody's to ask for: what a stranger's name resolves to
may be here (DNS rebinding).
Rule: what another site sends is refused, whatever secrets come with it.
Rule: a wrong secret is answered later each time, and a secret is never part of an answer.
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.service.access import Access
from lion.web.connection import Request
from lion.web.routes import NOBODY, unauthorized

_SAFE: Final = ("GET", "HEAD")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is addressed by who may: `origins` as browsers say them."""

    origins: tuple[str, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in `Host`."""
        return frozenset(urlsplit(one).netloc for one in self.origins)

    @property
    def is_here(self) -> bool:
        """Nobody speaks to it but from this machine."""
        return all(is_loopback(urlsplit(one).hostname or "") for one in self.origins)

    @property
    def is_secure(self) -> bool:
        """Browsers speak TLS to it."""
        return all(one.startswith("https:") for one in self.origins)


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL has it, is this machine."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origins_at(host: str, port: int, *, is_tls: bool) -> tuple[str, ...]:
    """The origins of a service that listens there; on loopback under all its names."""
    scheme, usual = ("https", 443) if is_tls else ("http", 80)
    names = _LOOPBACK if is_loopback(host) else (f"[{host}]" if ":" in host else host,)
    names = tuple(dict.fromkeys((f"[{host}]" if ":" in host else host, *names)))
    return tuple(f"{scheme}://{name}" + ("" if port == usual else f":{port}") for name in names)


class Guard:
    """Knows who speaks, of each request that comes over TCP."""

    def __init__(self, access: Access, addressed: Addressed) -> None:
        self.addressed = addressed
        self._access = access

    async def admit(self, request: Request, peer: str) -> tuple[Request, Principal]:
        """Who asks, and what, with the origin at which it was asked; NOBODY: he gave no secret.
        Raises OperatorError for who may not even do that.
        """
        origin = self._origin(request)
        self._check_site(request, origin)
        request = msgspec.structs.replace(request, origin=origin, peer=peer)
        return request, await self._who(request, peer)

    def _origin(self, request: Request) -> str:
        host = request.headers.get("host", "").lower()
        found = next((o for o in self.addressed.origins if urlsplit(o).netloc == host), None)
        if found is None:
            raise OperatorError(
                f"{host!r:.100} is no name of this service",
                hint=f"ask for {self.addressed.origins[0]}", status=421,
            )  # fmt: skip
        return found

    def _check_site(self, request: Request, origin: str) -> None:
        """Refuse what another site sends: browsers say so, by `Origin` or `Sec-Fetch-Site`."""
        said = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "none")
        is_visit = (
            request.method in _SAFE and request.headers.get("sec-fetch-mode") == "navigate"
            and request.headers.get("sec-fetch-dest") == "document"
        )  # fmt: skip
        if (said is not None and said != origin) or (
            site not in ("none", "same-origin") and not is_visit
        ):
            raise _foreign(said or site)
        by_cookie = "cookie" in request.headers and "authorization" not in request.headers
        if request.method not in _SAFE and by_cookie and said is None and site != "same-origin":
            raise _foreign("it does not say which")

    async def _who(self, request: Request, peer: str) -> Principal:
        said = request.headers.get("authorization")
        if said is not None:
            scheme, _, secret = said.partition(" ")
            who = self._access.of_token(secret.strip()) if scheme.lower() == "bearer" else None
            if who is None:
                await self._access.slow_down(peer)
                raise unauthorized("the token is none of this service's, or not any more")
            return who
        session = session_of(request)
        return (session and self._access.of_session(session)) or NOBODY


def is_still(access: Access, request: Request, by: Principal) -> bool:
    """Whether who asked may go on: his token, or his session, is still good."""
    if not request.origin:  # the state directory's socket
        return True
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    who = access.of_token(secret.strip()) if scheme else access.of_session(session_of(request))
    return who == by


def cookie_name(origin: str) -> str:
    """What a session's cookie is called: another for each port, since browsers send cookies to all
    ports of a host.
    """
    parts = urlsplit(origin)
    return f"lion-{parts.port or (443 if parts.scheme == 'https' else 80)}"


def session_of(request: Request) -> str:
    """The session's secret that came with a request; empty: none did."""
    wanted = cookie_name(request.origin)
    for one in request.headers.get("cookie", "").split(";"):
        name, _, value = one.strip().partition("=")
        if name == wanted:
            return value
    return ""


def session_cookie(session: str, origin: str) -> str:
    """What sets a session's secret in a browser; an empty one takes it away."""
    ends = "" if session else "; Max-Age=0"
    secure = "; Secure" if origin.startswith("https:") else ""
    name = cookie_name(origin)
    return f"{name}={session}; Path=/; HttpOnly; SameSite=Strict{secure}{ends}"


def _foreign(said: str) -> OperatorError:
    return OperatorError(
        f"this was sent from another site: {said!r:.100}",
        hint="open this service's own page, or use a token and no browser", status=403,
    )  # fmt: skip
