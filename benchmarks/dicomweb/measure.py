"""One connection, one clock: what an exchange takes, and what of it the server computes."""

import http.client
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SETTLE_S = 0.05
TIMEOUT_S = 300


class WrongAnswerError(Exception):
    """A server answered something else than what is right; its time is worth nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what raises `WrongAnswerError` unless the answer is right.

    Parameters
    ----------
    files
        What the request stores, where it stores something.
    """

    request: Request
    check: Callable[[Answer], None]
    files: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What one exchange took, on average over those of one round."""

    wall_ms: float
    cpu_ms: float
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Parameters
    ----------
    root
        The id of the process that started all others of the server.
    authorise
        Returns the headers that let a request in; may ask the server for a new token.
    """

    name: str
    version: str
    port: int
    root: int
    authorise: Callable[[], Mapping[str, str]]

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of its processes as they are now: some start when they are first needed."""
        return process_tree(self.root)

    def cpu_s(self) -> float:
        """Return the user and system time that its processes took so far, in seconds."""
        return cpu_s(self.processes)


def cpu_s(processes: Iterable[int]) -> float:
    """Return the user and system time that some processes took so far, in seconds."""
    return sum(time.clock_gettime(_cpu_clock(pid)) for pid in processes)


def _cpu_clock(pid: int) -> int:
    """Return the clock of a process's CPU time, as clock_getcpuclockid(3) makes it on Linux.

    It is the utime and stime of ``/proc`` in nanoseconds, where those count in ticks of 10 ms.
    """
    return (~pid << 3) | 2


def process_tree(root: int) -> tuple[int, ...]:
    """Return a process and all that descend from it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    tree = [root]
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    return tuple(tree)


class Connection:
    """A connection that is open before the clock starts and stays open between requests."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        self._http.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def ask(self, request: Request, more: Mapping[str, str]) -> Answer:
        """Send a request with some more headers and read its answer to the end.

        Raises
        ------
        WrongAnswerError
            There is no whole answer.
        """
        headers = {"Accept-Encoding": "identity", **request.headers, **more}
        try:
            self._http.request(request.method, request.path, request.body, headers)
            response = self._http.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            raise WrongAnswerError("no whole answer") from None
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, body)


def measure(server: Server, exchanges: Sequence[Exchange]) -> Sample:
    """Make exchanges one after another on one connection; check the answers afterwards.

    Raises
    ------
    WrongAnswerError
        One of the answers is wrong.
    """
    authorisation = server.authorise()
    with Connection(server.port) as connection:
        cpu_before = server.cpu_s()
        start = time.perf_counter()
        answers = [connection.ask(each.request, authorisation) for each in exchanges]
        wall_s = time.perf_counter() - start
    time.sleep(SETTLE_S)  # what a server puts off until it has answered counts as well
    cpu_s = server.cpu_s() - cpu_before
    for each, answer in zip(exchanges, answers, strict=True):
        each.check(answer)
    count = len(exchanges)
    size = sum(len(each.body) for each in answers) // count
    return Sample(wall_s * 1000 / count, cpu_s * 1000 / count, size)
