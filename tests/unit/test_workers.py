"""A decoder that crashes, hangs or eats memory costs its own request and nothing else."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medshare.imaging.workers.pool import (
    DecoderCrashedError,
    DecoderMemoryError,
    DecoderTimeoutError,
    UndecodableError,
    WorkerLimits,
    Workers,
    WorkersBusyError,
)
from medshare.imaging.workers.wire import Stored

MODULE = "tests.hostile_tasks"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers(MODULE, WorkerLimits(count=2, memory_bytes=1 << 30, time_s=3, waiting=2))
    yield pool
    pool.close()


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_buffers_come_back_whole(workers: Workers, size: int) -> None:
    buffers = [bytes(range(256)) * (size // 256), b"", b"x" * size, *[b"frame"] * 197]

    answer, outputs = workers.run("echo", {"say": "你好"}, buffers)

    assert answer == {"said": "你好"}
    assert outputs == buffers


def test_a_worker_reads_parts_of_a_file_that_is_lent_to_it_and_keeps_none(
    workers: Workers, tmp_path: Path
) -> None:
    (tmp_path / "stored").write_bytes(bytes(range(256)))
    parts = [[(10, 3), (200, 2)], [], [(0, 1)]]
    before = workers.run("open_files", {})[0]

    with (tmp_path / "stored").open("rb") as file:
        for _ in range(3):
            stored = Stored(file.fileno(), parts)
            answer, outputs = workers.run("echo", {"say": "on"}, [b"sent"], stored)

    assert answer == {"said": "on"}
    assert outputs == [b"sent", bytes((10, 11, 12, 200, 201)), b"", b"\0"]
    assert workers.run("open_files", {})[0] == before


@pytest.mark.parametrize(
    ("task", "error"),
    [
        ("crash", DecoderCrashedError),
        ("nonsense", DecoderCrashedError),
        ("hang", DecoderTimeoutError),
        ("hang_in_c", DecoderTimeoutError),
        ("eat_memory", DecoderMemoryError),
        ("refuse", UndecodableError),
        ("no_such_task", UndecodableError),
    ],
)
def test_a_failing_task_is_an_error_and_the_next_one_is_served(
    workers: Workers, task: str, error: type[UndecodableError]
) -> None:
    with pytest.raises(error) as caught:
        workers.run(task, {})

    assert type(caught.value) is error
    assert "must not leave" not in str(caught.value.detail)
    assert workers.run("echo", {"say": "on"})[0] == {"said": "on"}


def test_others_are_served_while_one_hangs(workers: Workers) -> None:
    refused: list[Exception] = []

    def hang() -> None:
        try:
            workers.run("hang", {})
        except DecoderTimeoutError as error:
            refused.append(error)

    hanging = threading.Thread(target=hang)
    hanging.start()
    for _ in range(20):
        assert workers.run("echo", {"say": "on"})[0] == {"said": "on"}
    assert hanging.is_alive()
    hanging.join()
    assert len(refused) == 1


def test_one_job_too_many_is_told_to_come_back() -> None:
    pool = Workers(MODULE, WorkerLimits(count=1, time_s=2, waiting=0))

    def hang() -> None:
        with pytest.raises(DecoderTimeoutError):
            pool.run("hang", {})

    hanging = threading.Thread(target=hang)
    hanging.start()
    time.sleep(0.3)

    with pytest.raises(WorkersBusyError):
        pool.run("echo", {})

    hanging.join()
    pool.close()


def test_a_worker_is_kept_for_the_next_job_and_started_only_for_the_first() -> None:
    pool = Workers(MODULE, WorkerLimits(count=2))
    pids = {pool.run("process", {})[0]["pid"] for _ in range(5)}
    pool.close()

    assert len(pids) == 1


def test_a_worker_writes_no_file_and_knows_no_setting(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSHARE_DATABASE_URL", "postgresql://secret")

    names = workers.run("environment", {})[0]["names"]
    with pytest.raises(UndecodableError):
        workers.run("write_a_file", {"path": str(tmp_path / "x")})

    assert isinstance(names, list)
    assert not [name for name in names if name.startswith("MEDSHARE")]
    assert not (tmp_path / "x").exists() or not (tmp_path / "x").read_bytes()


def test_workers_end_with_the_pool(workers: Workers) -> None:
    pid = workers.run("process", {})[0]["pid"]
    assert isinstance(pid, int)

    workers.close()

    assert not is_alive(pid)


PARENT = f"""
import sys, threading, time
from medshare.imaging.workers.pool import WorkerLimits, Workers
pool = Workers({MODULE!r}, WorkerLimits(count=2, time_s=1))
print(pool.run("process", {{}})[0]["pid"], flush=True)
threading.Thread(target=pool.run, args=(sys.argv[1], {{}})).start()
time.sleep(60)
"""


@pytest.mark.parametrize("task", ["echo", "hang_in_c"])
def test_workers_end_with_a_server_that_was_killed(task: str) -> None:
    """An idle one sees the end of its socket, a hanging one meets its alarm."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, task], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        time.sleep(0.2)
        server.send_signal(signal.SIGKILL)

    assert gone_within(pid, 6)
