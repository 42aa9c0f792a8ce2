"""One attempt of one webhook: resolve, judge every address, connect to that very address, post."""

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import SplitResult

from medshare.changes.addresses import AddressPolicy, may_call, read_url

TIMEOUT_S = 10
_ANSWER_LIMIT = 1 << 10


class _Pinned(HTTPSConnection):
    """An https connection to an address that was judged, under the name of its host."""

    def __init__(self, address: str, url: SplitResult) -> None:
        self._context = ssl.create_default_context()
        super().__init__(
            url.hostname or "", url.port or 443, timeout=TIMEOUT_S, context=self._context
        )
        self._address = address

    def connect(self) -> None:
        """Connect to the address, and want the host's certificate."""
        plain = socket.create_connection((self._address, self.port), TIMEOUT_S)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def post(text: str, policy: AddressPolicy, headers: Mapping[str, str], body: bytes) -> str:
    """Post a webhook; return the status as text, or a word for why there is none.

    A redirect is an answer like any other: it is not followed, so that nobody leads the server
    elsewhere. The name is resolved once and the connection goes to what was judged.
    """
    url = read_url(text, policy)
    if url is None or url.hostname is None:
        return "address-refused"
    try:
        address = _resolve(url, policy)
        if address is None:
            return "address-refused"
        return _exchange(url, address, headers, body)
    except (OSError, HTTPException, UnicodeError):
        return "unreachable"


def _resolve(url: SplitResult, policy: AddressPolicy) -> str | None:
    port = url.port or (443 if url.scheme == "https" else 80)
    found = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    allowed = all(may_call(ip_address(each), policy) for each in addresses)
    return addresses[0] if addresses and allowed else None


def _exchange(url: SplitResult, address: str, headers: Mapping[str, str], body: bytes) -> str:
    secure = url.scheme == "https"
    connection: HTTPConnection = (
        _Pinned(address, url)
        if secure
        else HTTPConnection(address, url.port or 80, timeout=TIMEOUT_S)
    )
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        sent = {"Host": url.netloc, "Content-Type": "application/json", **headers}
        connection.request("POST", target, body, sent)
        answer = connection.getresponse()
        answer.read(_ANSWER_LIMIT)
        return str(answer.status)
    finally:
        connection.close()
