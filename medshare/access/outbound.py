"""Asking the few other servers that access depends on: hospitals' key sets, identity providers.

Only over https, or http on this very machine; no redirects, no proxies, little time and room.
"""

import urllib.request
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 64 << 10
URL_LENGTH_MAX = 500


def may_be_asked(url: str) -> bool:
    """Tell whether an address is one that we ask: https, or http on this very machine."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or len(url) > URL_LENGTH_MAX:
        return False
    if _is_of_no_server(parts.hostname):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_of_no_server(host: str) -> bool:
    """Tell of a literal address where clouds keep their metadata, or where nobody is one server."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_link_local or address.is_multicast or address.is_unspecified


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: an address that was registered must not lead elsewhere."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Refuse."""


_opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def ask(
    url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return what a server answers to a GET, or to a POST of a form.

    Raises
    ------
    OSError, ValueError
        It may not be asked, does not answer in time, refuses, or answers too much.
    """
    if not may_be_asked(url):
        raise ValueError
    body = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, body, dict(headers or {}))  # noqa: S310  # held above
    with _opener.open(request, timeout=TIMEOUT_S) as answer:
        text: bytes = answer.read(ANSWER_BYTES_MAX + 1)
    if len(text) > ANSWER_BYTES_MAX:
        raise ValueError
    return text
