"""Spooled uploads: private, counted, hashed and never left behind."""

import hashlib
import os
import threading
import time
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medshare.infra.blobs import LocalBlobStore, make_key
from medshare.infra.spool import HELD_BYTES_MAX, Helpers, Spool
from medshare.kernel.errors import StorageFullError
from medshare.kernel.ports import SpooledFile


class NoHelpers:
    def __init__(self, *_asked: object, **_options: object) -> None:
        pass

    def try_submit(self, _work: object) -> None:
        return None


@pytest.fixture(params=["a thread is free", "none is free"], autouse=True)
def writers(request, monkeypatch):
    if request.param == "none is free":
        monkeypatch.setattr("medshare.infra.spool.Helpers", NoHelpers)


def test_a_part_knows_its_size_and_digest(tmp_path):
    with Spool(tmp_path).open() as part:
        part.write(b"first ")
        part.write(memoryview(b"second"))
        part.wait()
        assert part.path.read_bytes() == b"first second"
        assert part.crc32 == zlib.crc32(b"first second")
        assert part.sha256 == hashlib.sha256(b"first second").hexdigest()
        assert part.size_bytes == 12


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=100)))
def test_how_a_body_is_cut_changes_neither_digest_nor_size(tmp_path_factory, chunks):
    with Spool(tmp_path_factory.getbasetemp() / "spool").open() as part:
        for chunk in chunks:
            part.write(chunk)
        whole = b"".join(chunks)
        assert (part.size_bytes, part.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())


@pytest.mark.parametrize("size", [0, 5, HELD_BYTES_MAX, HELD_BYTES_MAX * 2 + 5])
def test_the_content_is_lent_from_memory_or_disk_and_is_on_disk_all_the_same(tmp_path, size):
    data = os.urandom(size)
    with Spool(tmp_path).open() as part:
        for start in range(0, size, 1 << 18):
            part.write(memoryview(data)[start : start + (1 << 18)])
        with part.content() as lent:
            assert lent[:] == data
        assert (part.size_bytes, part.sha256) == (size, hashlib.sha256(data).hexdigest())
        assert part.path.read_bytes() == data


def test_a_thread_that_failed_is_free_again():
    helpers = Helpers(1, "test")
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            helpers.try_submit(cut_short).result()


def test_nothing_waits_for_a_thread_that_is_taken(tmp_path):
    spool, held = Spool(tmp_path), threading.Event()
    spool._writers = Helpers(1, "test")
    spool._writers.try_submit(held.wait)
    with spool.open() as part:
        part.write(b"image")
        assert part.sha256 == hashlib.sha256(b"image").hexdigest()
    held.set()


def test_a_part_that_says_it_is_on_the_disk_was_synced_after_its_last_byte(tmp_path, monkeypatch):
    sizes, fdatasync = [], os.fdatasync

    def sync(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        fdatasync(descriptor)

    monkeypatch.setattr(os, "fdatasync", sync)
    with Spool(tmp_path).open() as part:
        part.write(bytes(HELD_BYTES_MAX))
        part.write(b"image")
        part.wait()
        assert sizes == ([HELD_BYTES_MAX + 5] if part.is_synced else [])


def test_a_part_is_private_and_exclusive(tmp_path):
    spool = Spool(tmp_path / "spool")
    with spool.open() as one, spool.open() as other:
        assert one.path != other.path
        assert one.path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700


def cut_short() -> bytes:
    raise ConnectionResetError


def test_a_part_is_removed_when_the_block_ends_or_fails(tmp_path):
    spool = Spool(tmp_path)
    with spool.open(), pytest.raises(ConnectionResetError), spool.open() as part:
        part.write(cut_short())
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_went_into_the_store_is_no_error_when_the_block_ends(tmp_path):
    blobs = LocalBlobStore(tmp_path / "blobs")
    with Spool(tmp_path / "spool").open() as part:
        part.write(b"image")
        key = make_key("dicom", part.sha256)
        blobs.put_files([SpooledFile(key, part.path, is_synced=part.is_synced)])
    assert blobs.read(key) == b"image"


def test_a_closed_part_gives_its_descriptor_back_and_keeps_its_file(tmp_path):
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    with Spool(tmp_path).open() as part:
        part.write(b"image")
        part.wait()
        assert len(list(descriptors.iterdir())) == before
        assert part.path.read_bytes() == b"image"


def test_only_parts_older_than_asked_are_swept(tmp_path):
    spool = Spool(tmp_path)
    for name, age_s in (("part-old", 7200), ("part-young", 60), ("of somebody else", 7200)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    assert spool.sweep_stale(timedelta(hours=1)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["of somebody else", "part-young"]


def test_no_part_is_handed_out_below_the_low_water_mark(tmp_path):
    with pytest.raises(StorageFullError), Spool(tmp_path, low_water_bytes=1 << 60).open():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_while_spooling_says_so(tmp_path):
    with Spool(tmp_path).open() as part:
        full = os.open("/dev/full", os.O_WRONLY)  # every write there fails with ENOSPC
        os.dup2(full, part._descriptor)
        os.close(full)
        part.write(b"image")
        with pytest.raises(StorageFullError):
            assert part.sha256
