"""How the server and a worker speak: a header of JSON and buffers, each preceded by its length.

The server may send an open file along, of which the worker reads the parts that the header names:
pixels then need not go through the socket. Each side reads what the other wrote without trust: a
worker may have been taken over by an image.
"""

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import cast

import orjson

_LENGTH = Struct("<Q")
_COUNT = Struct("<I")
_PARTS = "parts"
BUFFERS_MAX = 256
MESSAGE_BYTES_MAX = 4 << 30
Header = dict[str, object]
Segment = tuple[int, int]
"""Offset and length in bytes."""


class BrokenWireError(Exception):
    """The other side has gone, or speaks nonsense."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Buffers that stand in an open file: of each the segments that make it up."""

    descriptor: int
    parts: Sequence[Sequence[Segment]]


def send(
    peer: socket.socket,
    header: Header,
    buffers: Sequence[bytes] = (),
    stored: Stored | None = None,
) -> None:
    """Write one message, at once: whoever waits for it wakes up once."""
    if stored is not None:
        header = {**header, _PARTS: stored.parts}
    pieces = [orjson.dumps(header), *buffers]
    lengths = b"".join(_LENGTH.pack(len(piece)) for piece in pieces)
    message = [_COUNT.pack(len(pieces)) + lengths, *pieces]
    sent = socket.send_fds(peer, message, [stored.descriptor] if stored else [])
    for piece in message:
        if sent < len(piece):
            peer.sendall(memoryview(piece)[sent:])
        sent = max(sent - len(piece), 0)


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
    return _message(peer, _exactly(peer, _COUNT.size, deadline), deadline)


def receive_job(peer: socket.socket) -> tuple[Header, list[bytes], Stored | None]:
    """Read one message and the file that came along; whoever takes it closes it.

    Raises
    ------
    BrokenWireError
        The stream ended or breaks the form.
    """
    start, descriptors, _, _ = socket.recv_fds(peer, _COUNT.size, 1)
    if not start:
        raise BrokenWireError
    header, buffers = _message(peer, start + _exactly(peer, _COUNT.size - len(start), None), None)
    parts = cast("Sequence[Sequence[Segment]]", header.pop(_PARTS, ()))
    stored = Stored(descriptors[0], parts) if descriptors else None
    return header, buffers, stored


def read_stored(stored: Stored | None) -> list[bytes]:
    """Read the parts of a file."""
    if stored is None:
        return []
    return [
        b"".join(os.pread(stored.descriptor, length, offset) for offset, length in segments)
        for segments in stored.parts
    ]


def _message(
    peer: socket.socket, start: bytes | bytearray, deadline: float | None
) -> tuple[Header, list[bytes]]:
    (count,) = _COUNT.unpack(start)
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
