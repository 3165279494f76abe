"""Where requests come from, as far as a limit per address is concerned."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_WITH_PORT = re.compile(
    r"\[(?P<six>[^\]]*)\](?::\d*)?" r"|(?P<four>\d+\.\d+\.\d+\.\d+):\d*"
)


def without_port(entry: str) -> str:
    """Return the address of ``address``, ``1.2.3.4:567`` or ``[::1]:567``."""
    entry = entry.strip()
    found = _WITH_PORT.fullmatch(entry)
    if found is None:
        return entry
    return found["six"] or found["four"] or ""


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 one.

    Empty for this machine: that is a proxy which doesn't tell its visitors apart,
    or somebody trying the shop out. What is no address stays as it is.
    """
    plain = without_port(address)
    try:
        parsed: IPv4Address | IPv6Address = ip_address(plain)
    except ValueError:
        return plain
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return ""
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    # Whoever has one address of it has all of them.
    return str(ip_network((int(parsed), 64), strict=False))
