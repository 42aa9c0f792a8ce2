"""Whoever waits for a worker or a disk has laid the token aside: others read on."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from medshare.imaging.pixel_cache import PixelCache
from medshare.imaging.workers.pool import Workers
from medshare.imaging.workers.wire import Header, Stored
from medshare.infra.gate import TOKENS, Gate
from tests.dicom import a_ct, multipart
from tests.site import Caller, Site

PATIENCE_S = 20
SLICE = "/dicom-web/studies/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1"


class SlowWorkers:
    """In the place of the workers' ``run``: says who has come, and lets nobody go before time."""

    def __init__(self, expected: int) -> None:
        self._all_here = threading.Barrier(expected + 1)
        self.release = threading.Event()

    def run(
        self,
        _task: str,
        _arguments: Header,
        _buffers: Sequence[bytes] = (),
        _stored: Stored | None = None,
    ) -> tuple[Header, list[bytes]]:
        self._all_here.wait(PATIENCE_S)
        assert self.release.wait(PATIENCE_S)
        return {}, [b"a picture"]

    def wait_for_all(self) -> None:
        self._all_here.wait(PATIENCE_S)


def test_reads_go_on_while_every_token_waits_for_a_slow_worker(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pacs = site.facility_client()
    files = [a_ct(number) for number in range(1, TOKENS + 1)]
    assert pacs.post("/dicom-web/studies", **multipart(*files)).status_code == 200
    slow = SlowWorkers(TOKENS)
    monkeypatch.setattr(Workers, "run", lambda _pool, *job: slow.run(*job))
    answers: list[int] = []

    def draw(caller: Caller, number: int) -> None:
        answers.append(caller.get(f"{SLICE}.{number}/rendered").status_code)

    drawing = [
        threading.Thread(target=draw, args=(site.facility_client(), number), daemon=True)
        for number in range(1, TOKENS + 1)
    ]
    for each in drawing:
        each.start()
    try:
        slow.wait_for_all()
        reader = threading.Thread(
            target=lambda: answers.append(pacs.get("/dicom-web/studies").status_code), daemon=True
        )
        reader.start()
        reader.join(PATIENCE_S)
        assert answers == [200], "a search waited for a worker that was not its own"
    finally:
        slow.release.set()
    for each in drawing:
        each.join(PATIENCE_S)
    assert answers == [200] * (TOKENS + 1)


def test_those_who_wait_for_the_same_picture_do_not_keep_its_maker_from_ending(
    tmp_path: Path,
) -> None:
    gate = Gate(1)
    cache = PixelCache(tmp_path, 1 << 20, gate)
    is_making, goes_on = threading.Event(), threading.Event()
    got: list[bytes] = []

    def make() -> bytes:
        is_making.set()
        assert goes_on.wait(PATIENCE_S)
        return b"a picture"

    def ask() -> None:
        with gate.held():
            got.append(cache.get_or_make(("a",), make))

    asking = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for each in asking:
        each.start()
        assert is_making.wait(PATIENCE_S)
    goes_on.set()
    for each in asking:
        each.join(PATIENCE_S)
    assert got == [b"a picture"] * 3
