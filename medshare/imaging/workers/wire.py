"""How the server and a worker speak: a header of JSON and buffers, each preceded by its length.

Each side reads what the other wrote without trust: a worker may have been taken over by an image.
"""

import socket
import time
from collections.abc import Sequence
from struct import Struct

import orjson

_LENGTH = Struct("<Q")
_COUNT = Struct("<I")
BUFFERS_MAX = 64
MESSAGE_BYTES_MAX = 4 << 30
Header = dict[str, object]


class BrokenWireError(Exception):
    """The other side has gone, or speaks nonsense."""


def send(peer: socket.socket, header: Header, buffers: Sequence[bytes] = ()) -> None:
    """Write one message."""
    pieces = [orjson.dumps(header), *buffers]
    lengths = b"".join(_LENGTH.pack(len(piece)) for piece in pieces)
    peer.sendall(_COUNT.pack(len(pieces)) + lengths)
    for piece in pieces:
        peer.sendall(piece)


def receive(peer: socket.socket, deadline: float | None = None) -> tuple[Header, list[bytes]]:
    """Read one message.

    Parameters
    ----------
    deadline
        Of ``time.monotonic``; without one the wait is endless.

    Raises
    ------
    BrokenWireError
        The stream ended or breaks the form.
    TimeoutError
        The deadline has passed.
    """
    (count,) = _COUNT.unpack(_exactly(peer, _COUNT.size, deadline))
    if not 1 <= count <= BUFFERS_MAX:
        raise BrokenWireError
    raw = _exactly(peer, count * _LENGTH.size, deadline)
    lengths = [length for (length,) in _LENGTH.iter_unpack(raw)]
    if sum(lengths) > MESSAGE_BYTES_MAX:
        raise BrokenWireError
    pieces = [bytes(_exactly(peer, length, deadline)) for length in lengths]
    header = orjson.loads(pieces[0])
    if not isinstance(header, dict):
        raise BrokenWireError
    return header, pieces[1:]


def _exactly(peer: socket.socket, size: int, deadline: float | None) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        if deadline is not None:
            peer.settimeout(max(deadline - time.monotonic(), 0.001))
        read = peer.recv_into(view)
        if read == 0:
            raise BrokenWireError
        view = view[read:]
    return buffer
