"""Look here if you want to know which addresses a request may reach.

Rule: only public unicast addresses, and those the grant names: of IPv6 what is given out to the
public (2000::/3) and what stands for IPv4 on this host and by NAT64.
Rule: an address inside another (IPv4 in IPv6, in whichever way: mapped, SIIT, NAT64, 6to4, Teredo,
ISATAP) is judged as the one inside.
Rule: of a name's addresses all must pass: one that does not makes the whole answer suspect.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from lion.domain.call import CallError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

RESERVED: Final = "a reserved"
REFUSED: Final[dict[str, tuple[Network, ...]]] = {
    why: tuple(map(ip_network, networks))
    for why, networks in {
        "a metadata": ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"),
        "a loopback": ("127.0.0.0/8", "::1"),
        "a private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
        "a link-local": ("169.254.0.0/16", "fe80::/10"),
        "a carrier's": ("100.64.0.0/10",),
        "a multicast": ("224.0.0.0/4", "ff00::/8"),
        RESERVED: (
            "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b:1::/48",
            "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        ),
    }.items()
}  # fmt: skip
"""Networks no request reaches unless its grant names them, by what they are."""

_PUBLIC: Final = IPv6Network("2000::/3")
_MAPPED: Final = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))
"""Where an address is another way to write the IPv4 one at its end, and nothing else."""

_AT_END: Final = tuple(map(IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48")))
_NAT64: Final = IPv6Network("64:ff9b:1::/48")
_6TO4: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_LOW: Final = 0xFFFF_FFFF


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as a grant names them. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def vet(host: str, addresses: Sequence[str], allowed: Sequence[Network]) -> list[Address]:
    """The addresses of a host, in order, once each.

    Raises CallError: `dns` if there is none, `denied` if one may not be reached.
    """
    vetted: dict[Address, None] = {}
    for text in addresses:
        address = _read(host, text)
        why = objection(address)
        if why is not None and not any(_holds(network, address) for network in allowed):
            words = f"{host} is {why} address, which no grant names"
            raise CallError("denied", words)
        vetted[address] = None
    if not vetted:
        raise CallError("dns", f"{host} has no address")
    return list(vetted)


def objection(address: Address) -> str | None:
    """What an address is if not public: "a private", "a loopback"; None if it is."""
    if isinstance(address, IPv4Address):
        return _objection(address)
    if any(address in network for network in _MAPPED):
        return _objection(IPv4Address(int(address) & _LOW))
    found = [_objection(address), *map(_objection, _embedded(address))]
    # What it stands for says more than that nobody should use it.
    said = [why for why in found if why not in (None, RESERVED)]
    is_reserved = address not in _PUBLIC or RESERVED in found
    return next(iter(said), RESERVED if is_reserved else None)


def _objection(address: Address) -> str | None:
    for why, networks in REFUSED.items():
        if any(_holds(network, address) for network in networks):
            return why
    return None if address.is_global else RESERVED


def _read(host: str, text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError:
        raise CallError("dns", f"{host} was resolved to what is no address") from None


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that routers, tunnels and translators would take out of this one."""
    bits = int(address)
    if any(address in network for network in _AT_END) or (bits >> 32) & _LOW in _ISATAP:
        yield IPv4Address(bits & _LOW)
    if address in _6TO4:
        yield IPv4Address(bits >> 80 & _LOW)
    if address in _TEREDO:
        yield IPv4Address(bits >> 64 & _LOW)
        yield IPv4Address(~bits & _LOW)
    if address in _NAT64:  # RFC 6052: around the byte at bit 64, which is no part of it
        yield IPv4Address((bits >> 64 & 0xFFFF) << 16 | bits >> 40 & 0xFFFF)


def _holds(network: Network, address: Address) -> bool:
    return network.version == address.version and address in network
