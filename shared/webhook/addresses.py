"""Which network addresses may be connected to: public ones, and others only where the installation says so. Pure.

A subscriber chooses the address, and we connect from inside the network of a government: without this check a
subscription would be a way to reach whatever listens there (CWE-918).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# RFC 6052: the last 32 bits are an IPv4 address that a gateway connects to.
_NAT64 = IPv6Network("64:ff9b::/96")
# RFC 3056: bits 16 to 47 are the IPv4 address of the gateway.
_6TO4 = IPv6Network("2002::/16")
# All that is routed as IPv6 between networks (RFC 4291); what is not in it is local, reserved or a translation.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Inside of it, but not for hosts: IETF protocols with Teredo (RFC 4380), benchmarks and ORCHID, documentation.
_SPECIAL = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
# IETF protocols (RFC 6890), and the retired relays of 6to4 (RFC 7526): not in every version of the standard library.
_SPECIAL_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
# Whoever is on the same wire (RFC 3927, RFC 4291), and where clouds hand out the credentials of a machine to whoever
# asks from it: nobody's to allow, in however large a network it stands.
_NEVER = tuple(
    ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::254/128",
                 "fd20:ce::254/128")
)  # fmt: skip


def networks(texts: str) -> tuple[Network, ...]:
    """Networks written as CIDR, divided by commas.

    Raises
    ------
    ValueError
        One of them is none.
    """
    return tuple(ip_network(text.strip()) for text in texts.split(",") if text.strip())


def may_connect(text: str, allowed: Iterable[Network]) -> bool:
    """Whether an address (as the resolver gives it) may be connected to."""
    given = _plain(text)
    if given is None or is_listed(given, _NEVER):
        return False
    return is_listed(given, allowed) or _is_public(_meant(given))


def is_listed(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether the installation names the address itself."""
    meant = _meant(address)
    return any(meant.version == network.version and meant in network for network in allowed)


def literal(host: str) -> Address | None:
    """The address a host name is, when it is one."""
    return _plain(host.removeprefix("[").removesuffix("]"))


def _plain(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _meant(address: Address) -> Address:
    """Where a connection really ends: the IPv4 address inside of a mapped or translated one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _6TO4:
            return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _SPECIAL)
