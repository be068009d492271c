"""Look here if you want to know where this process listens itself: no guest's request goes there,
whatever its grant says.
"""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
_OWN: Final[dict[tuple[Address, int], int]] = {}
"""Where, and how often."""


@contextmanager
def listening_at(host: str, port: int) -> Iterator[None]:
    """While this lasts the process listens at an address, as the system writes it."""
    where = _plain(ip_address(host.partition("%")[0])), port
    _OWN[where] = _OWN.get(where, 0) + 1
    try:
        yield
    finally:
        _OWN[where] -= 1
        if not _OWN[where]:
            del _OWN[where]


def is_own(address: Address, port: int) -> bool:
    """Whether who connects there speaks to this process itself."""
    address = _plain(address)
    return any(
        (port == own_port and (address == own or (own.is_unspecified and _is_here(address))))
        or (port == own_port and address.is_unspecified)
        for own, own_port in _OWN
    )  # fmt: skip


def _plain(address: Address) -> Address:
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped


def _is_here(address: Address) -> bool:
    """Whether it is one of this machine's own: only then can a socket be bound to it."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
