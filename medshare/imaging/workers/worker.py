"""The main program of a worker: ``python -m medshare.imaging.workers.worker MODULE MEMORY TIME``.

Takes jobs from its standard input, a socket, until the server closes it or is gone. ``MODULE``
holds ``TASKS``, the functions that may be asked for by name.
"""

import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence

from medshare.imaging.workers.wire import (
    BrokenWireError,
    Header,
    Stored,
    read_stored,
    receive_job,
    send,
)

Task = Callable[[Header, Sequence[bytes]], tuple[Header, Sequence[bytes]]]
# Beyond the server's own patience: this one is for a worker whose server was killed.
GRACE_S = 2


def confine(memory_bytes: int) -> None:
    """Give up what no task needs: more memory, core dumps, writing files."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def work_off(peer: socket.socket, tasks: Mapping[str, Task], time_limit_s: int) -> None:
    """Do jobs until the server hangs up."""
    while True:
        try:
            header, buffers, stored = receive_job(peer)
        except (BrokenWireError, OSError):
            return
        # The kernel's own alarm: a decoder that hangs never comes back to Python.
        signal.alarm(time_limit_s + GRACE_S)
        answer, outputs = perform(tasks, header, buffers, stored)
        signal.alarm(0)
        if stored is not None:
            os.close(stored.descriptor)
        try:
            send(peer, answer, outputs)
        except OSError:
            return


def perform(
    tasks: Mapping[str, Task],
    header: Header,
    buffers: Sequence[bytes],
    stored: Stored | None = None,
) -> tuple[Header, Sequence[bytes]]:
    """Do one job; what goes wrong is an answer, in one word and without the input's own texts."""
    try:
        task = tasks[str(header["task"])]
        result, outputs = task(header, [*buffers, *read_stored(stored)])
    except MemoryError:
        return {"failure": "memory"}, ()
    except Exception:  # noqa: BLE001  # decoders raise what they like; the server needs to know that
        return {"failure": "undecodable"}, ()
    return {"result": result}, outputs


def main() -> None:
    """Import the tasks, give up rights, work."""
    module, memory_bytes, time_limit_s = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which hangs up
    tasks: Mapping[str, Task] = importlib.import_module(module).TASKS
    confine(int(memory_bytes))
    work_off(socket.socket(fileno=sys.stdin.fileno()), tasks, int(time_limit_s))


if __name__ == "__main__":
    main()
