"""Which addresses a webhook may lead to: the server must not be made to call what it should not."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

URL_LENGTH = 500


class AddressPolicy(StrEnum):
    """How far webhooks reach; each includes the ones before it."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"


def read_url(text: str, policy: AddressPolicy) -> SplitResult | None:
    """Read a webhook's address, ``None`` when it may not be one.

    Only https; plain http too where the policy allows the server itself, and for a literal
    loopback address only.
    """
    if len(text) > URL_LENGTH or not text.isascii() or any(each <= " " for each in text):
        return None
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return None
    if not url.hostname or url.username is not None or url.fragment or port == 0:
        return None
    literal = _literal(url.hostname)
    if literal is not None and not may_call(literal, policy):
        return None
    plain = policy is AddressPolicy.LOOPBACK and literal is not None and literal.is_loopback
    return url if url.scheme == "https" or (url.scheme == "http" and plain) else None


def may_call(address: IPv4Address | IPv6Address, policy: AddressPolicy) -> bool:
    """Tell whether a resolved address may be called.

    Never link-local (where clouds keep their metadata), multicast or unspecified ones.
    """
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address.is_loopback:
        return policy is AddressPolicy.LOOPBACK
    return address.is_global or (address.is_private and policy is not AddressPolicy.PUBLIC)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
