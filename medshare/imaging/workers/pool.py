"""A few worker processes, started when first needed and replaced when they break."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from medshare.imaging.workers.wire import BrokenWireError, Header, Stored, receive, send
from medshare.kernel.errors import ErrorKind, MedshareError, UnavailableError

REMEDY = "Retrieve the instance as it is stored (transfer-syntax=*), or have it sent again."
REMEDY_ZH = "请按存储格式获取该实例（transfer-syntax=*），或请发送方重新发送。"
SOCKET_BYTES = 1 << 20


class UndecodableError(MedshareError):
    """The pixels of an instance cannot be decoded or shown."""

    kind = ErrorKind.INVALID
    slug = "undecodable-pixels"
    title = f"The pixels cannot be decoded. {REMEDY}"
    title_zh = f"无法解码像素数据。{REMEDY_ZH}"


class DecoderCrashedError(UndecodableError):
    """The decoder died of the instance."""

    slug = "decoder-crashed"
    title = f"The decoder broke down over these pixels. {REMEDY}"
    title_zh = f"解码器处理该像素数据时崩溃。{REMEDY_ZH}"


class DecoderTimeoutError(UndecodableError):
    """The decoder did not come to an end."""

    slug = "decoder-timeout"
    title = f"Decoding the pixels takes longer than is allowed. {REMEDY}"
    title_zh = f"解码像素数据超过时间限制。{REMEDY_ZH}"


class DecoderMemoryError(UndecodableError):
    """The decoder wants more memory than it may have."""

    slug = "decoder-memory"
    title = f"Decoding the pixels takes more memory than is allowed. {REMEDY}"
    title_zh = f"解码像素数据超过内存限制。{REMEDY_ZH}"


class WorkersBusyError(UnavailableError):
    """All workers are busy and enough jobs wait already."""

    slug = "workers-busy"
    title = "Too many images are being rendered or transcoded; try again in a moment"
    title_zh = "正在处理的图像过多，请稍后重试"


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What the workers of a process may use.

    Parameters
    ----------
    count
        Processes.
    memory_bytes
        Address space of each.
    time_s
        Seconds for one job.
    waiting
        Jobs that may wait for a free worker.
    """

    count: int = 2
    memory_bytes: int = 2 << 30
    time_s: int = 20
    waiting: int = 64


class Runner(Protocol):
    """What runs tasks; the port of everything that decodes or renders."""

    def run(
        self,
        task: str,
        arguments: Header,
        buffers: Sequence[bytes] = (),
        stored: Stored | None = None,
    ) -> tuple[Header, list[bytes]]:
        """Do one job elsewhere and return its result and buffers."""
        ...


class Workers:
    """A pool of workers; safe for threads.

    Parameters
    ----------
    module
        The module whose ``TASKS`` the workers offer.
    """

    def __init__(self, module: str, limits: WorkerLimits) -> None:
        self._module = module
        self._limits = limits
        self._free = threading.Condition()
        self._idle: list[_Worker] = []
        self._busy = 0
        self._waiting = 0
        self._closed = False

    def run(
        self,
        task: str,
        arguments: Header,
        buffers: Sequence[bytes] = (),
        stored: Stored | None = None,
    ) -> tuple[Header, list[bytes]]:
        """Do one job in a worker.

        Parameters
        ----------
        stored
            More buffers, behind the others: the worker reads them itself.

        Raises
        ------
        UndecodableError
            The task refused its input, crashed, hung or wanted too much memory.
        WorkersBusyError
            No worker became free.
        """
        worker = self._take()
        try:
            answer, outputs = worker.exchange({"task": task, **arguments}, buffers, stored)
            failure = answer.get("failure")
            worker.is_sound = failure != "memory"
        finally:
            self._give_back(worker)
        if failure == "memory":
            raise DecoderMemoryError
        result = answer.get("result")
        if failure is not None or not isinstance(result, dict):
            raise UndecodableError
        return result, outputs

    def close(self) -> None:
        """Hang up on all idle workers and wait for their end; busy ones end after their job."""
        with self._free:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _take(self) -> "_Worker":
        patience = time.monotonic() + self._limits.time_s
        with self._free:
            if self._busy >= self._limits.count and self._waiting >= self._limits.waiting:
                raise WorkersBusyError
            self._waiting += 1
            try:
                while self._busy >= self._limits.count:
                    if not self._free.wait(patience - time.monotonic()):
                        raise WorkersBusyError
                self._busy += 1
            finally:
                self._waiting -= 1
            if self._idle:
                return self._idle.pop()
        try:
            return _Worker(self._module, self._limits)
        except BaseException:
            self._release()
            raise

    def _give_back(self, worker: "_Worker") -> None:
        is_kept = worker.is_sound and not self._closed
        if not is_kept:
            worker.end()
        self._release(worker if is_kept else None)

    def _release(self, worker: "_Worker | None" = None) -> None:
        with self._free:
            self._busy -= 1
            if worker is not None:
                self._idle.append(worker)
            self._free.notify()


class _Worker:
    """One process and the socket to it; ``is_sound`` while another job may be given to it."""

    def __init__(self, module: str, limits: WorkerLimits) -> None:
        self._time_s = limits.time_s
        self._peer, theirs = socket.socketpair()
        self.is_sound = False
        for end in (self._peer, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        with theirs:
            # A program of its own, never a fork: the server has threads, and locks held by them.
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                [
                    sys.executable,
                    "-m",
                    "medshare.imaging.workers.worker",
                    module,
                    str(limits.memory_bytes),
                    str(limits.time_s),
                ],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )

    def exchange(
        self, header: Header, buffers: Sequence[bytes], stored: Stored | None
    ) -> tuple[Header, list[bytes]]:
        self.is_sound = False
        deadline = time.monotonic() + self._time_s
        try:
            self._peer.settimeout(self._time_s)
            send(self._peer, header, buffers, stored)
            answer = receive(self._peer, deadline)
        except TimeoutError:
            raise DecoderTimeoutError from None
        except (BrokenWireError, OSError, ValueError):
            raise DecoderCrashedError from None
        self.is_sound = True
        return answer

    def end(self) -> None:
        """End the process: by hanging up if it is well, by force if not."""
        self._peer.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1 if self.is_sound else 0)
        self._process.kill()
        self._process.wait()


def _environment() -> dict[str, str]:
    """Return what a worker may know: where the code is, nothing of settings and secrets."""
    own = {
        name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ
    }
    # One thread a worker: the libraries' pools would each reserve address space.
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return own | single | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
