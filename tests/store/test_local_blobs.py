"""What only a directory can promise: order of syncs, full disks, kills, sweeping."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medshare.infra.blobs import BlobMissingError, LocalBlobStore, make_key
from medshare.kernel.errors import StorageFullError, UnavailableError
from medshare.kernel.ports import SpooledFile

DATA = b"a synthetic image" * 1000
KEY = make_key("dicom", hashlib.sha256(DATA).hexdigest())
DIGEST = KEY.partition("/")[2]


def a_batch(directory: Path, count: int, size: int = 1000) -> list[SpooledFile]:
    directory.mkdir(exist_ok=True)
    files = []
    for number in range(count):
        data = b"%08d" % number * (size // 8)
        path = directory / str(number)
        path.write_bytes(data)
        files.append(SpooledFile(make_key("dicom", hashlib.sha256(data).hexdigest()), path))
    return files


def everything_in(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "new" / "blobs"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Be a file system of 4 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root with the right to mount can make a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Record the syncs and renames of the operating system, which are still done."""
    made: list[tuple[str, str]] = []

    def record(name: str, path_of) -> None:
        real = getattr(os, name)

        def recorded(*args, **kwargs):
            # The path is read before the call, the call is noted after it succeeded.
            path = path_of(*args)
            answer = real(*args, **kwargs)
            made.append((name, str(path)))
            return answer

        monkeypatch.setattr(os, name, recorded)

    def path_of_descriptor(descriptor: int) -> Path:
        return Path(f"/proc/self/fd/{descriptor}").readlink()

    record("fsync", path_of_descriptor)
    record("fdatasync", path_of_descriptor)
    record("rename", lambda _source, target: target)
    return made


def put_bytes(blobs: LocalBlobStore, spool: Path) -> None:
    blobs.put_bytes(KEY, DATA)


def put_files(blobs: LocalBlobStore, spool: Path) -> None:
    (spool / "one").write_bytes(DATA)
    blobs.put_files([SpooledFile(KEY, spool / "one")])


@pytest.mark.parametrize("put", [put_bytes, put_files])
def test_bytes_are_synced_before_the_name_and_the_name_before_the_return(
    root, tmp_path, calls, put
):
    blobs = LocalBlobStore(root)
    calls.clear()
    put(blobs, tmp_path)
    names = [name for name, _ in calls]
    assert names[:2] == ["fdatasync", "rename"]
    assert set(names[2:]) == {"fsync"}
    directory = root / "dicom" / DIGEST[:2]
    assert calls[1][1] == str(directory / DIGEST)
    assert {path for _, path in calls[2:]} == {str(root), str(root / "dicom"), str(directory)}


def test_the_root_and_every_new_directory_above_it_are_synced(tmp_path, calls):
    LocalBlobStore(tmp_path / "a" / "b")
    synced = {path for name, path in calls if name == "fsync"}
    assert {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")} <= synced


def test_a_batch_syncs_each_file_once_and_each_touched_directory_once(root, tmp_path, calls):
    blobs = LocalBlobStore(root)
    files = a_batch(tmp_path / "spool", 200)
    calls.clear()
    blobs.put_files(files)
    names = [name for name, _ in calls]
    touched = {root / "dicom" / key[6:8] for key, _, _ in files} | {root, root / "dicom"}
    assert names.count("fdatasync") == names.count("rename") == 200
    assert sorted(path for name, path in calls if name == "fsync") == sorted(map(str, touched))
    assert names == ["fdatasync"] * 200 + ["rename"] * 200 + ["fsync"] * len(touched)


def test_a_file_that_is_on_the_disk_already_is_not_synced_again(root, tmp_path, calls):
    blobs = LocalBlobStore(root)
    [file] = a_batch(tmp_path / "spool", 1)
    calls.clear()
    blobs.put_files([file._replace(is_synced=True)])
    assert [name for name, _ in calls][:2] == ["rename", "fsync"]


def test_a_copy_is_synced_even_of_a_file_that_is_on_the_disk(small_disk, tmp_path, calls):
    [file] = a_batch(tmp_path / "spool", 1)
    blobs = LocalBlobStore(small_disk / "blobs", low_water_bytes=0)
    calls.clear()
    blobs.put_files([file._replace(is_synced=True)])
    assert [name for name, _ in calls][:2] == ["fdatasync", "rename"]


@pytest.mark.parametrize("put", [put_bytes, put_files])
def test_a_put_of_what_is_there_writes_nothing_and_still_syncs_the_name(root, tmp_path, calls, put):
    LocalBlobStore(root).put_bytes(KEY, DATA)
    path = root / "dicom" / DIGEST[:2] / DIGEST
    inode = path.stat().st_ino
    other_process = LocalBlobStore(root)
    calls.clear()
    put(other_process, tmp_path)
    # Whoever placed it may have died before he synced the directories.
    assert {name for name, _ in calls} == {"fsync"}
    assert {path for _, path in calls} >= {str(path.parent), str(root / "dicom"), str(root)}
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("put", [put_bytes, put_files])
def test_a_put_of_what_is_there_renews_its_age(root, tmp_path, put):
    blobs = LocalBlobStore(root)
    blobs.put_bytes(KEY, DATA)
    os.utime(root / "dicom" / DIGEST[:2] / DIGEST, (0, 0))
    put(blobs, tmp_path)
    [(_, stored_at)] = blobs.keys("dicom")
    assert time.time() - stored_at.timestamp() < 60


def test_a_file_spooled_long_ago_is_new_when_it_is_stored(root, tmp_path):
    files = a_batch(tmp_path / "spool", 1)
    os.utime(files[0].path, (0, 0))
    blobs = LocalBlobStore(root)
    blobs.put_files(files)
    [(_, stored_at)] = blobs.keys("dicom")
    assert time.time() - stored_at.timestamp() < 60


def test_a_file_on_the_same_file_system_is_moved_and_not_copied(root, tmp_path):
    [file] = a_batch(tmp_path / "spool", 1)
    inode = file.path.stat().st_ino
    LocalBlobStore(root).put_files([file])
    assert [stored.stat().st_ino for stored in everything_in(root)] == [inode]


def test_files_of_another_file_system_are_copied(small_disk, tmp_path):
    files = a_batch(tmp_path / "spool", 20)
    blobs = LocalBlobStore(small_disk / "blobs", low_water_bytes=0)
    blobs.put_files(files)
    assert all(blobs.verify(key) for key, _, _ in files)
    assert not any(path.exists() for _, path, _ in files)


def test_a_batch_that_would_not_fit_is_refused_before_it_is_copied(small_disk, tmp_path):
    blobs = LocalBlobStore(small_disk / "blobs", low_water_bytes=0)
    files = a_batch(tmp_path / "spool", 20, size=300_000)
    with pytest.raises(StorageFullError):
        blobs.put_files(files)
    assert everything_in(small_disk) == []
    assert all(path.exists() for _, path, _ in files)


def test_a_disk_that_fills_while_writing_leaves_nothing(small_disk, tmp_path):
    unchecked = LocalBlobStore(small_disk / "blobs", low_water_bytes=-(1 << 60))
    files = a_batch(tmp_path / "spool", 20, size=300_000)
    unchecked.put_files(files[:1])
    before = everything_in(small_disk)
    with pytest.raises(StorageFullError):
        unchecked.put_files(files[1:])
    with pytest.raises(StorageFullError):
        unchecked.put_bytes(KEY, bytes(8 << 20))
    assert everything_in(small_disk) == before
    assert all(path.exists() for _, path, _ in files[1:])


def test_below_the_low_water_mark_reading_and_deleting_go_on(root, tmp_path):
    LocalBlobStore(root).put_bytes(KEY, DATA)
    blobs = LocalBlobStore(root, low_water_bytes=1 << 60)
    with pytest.raises(StorageFullError):
        blobs.put_bytes(KEY, DATA)
    with pytest.raises(StorageFullError):
        blobs.put_files(a_batch(tmp_path / "spool", 1))
    assert blobs.read(KEY) == DATA
    blobs.check()
    blobs.delete([KEY])
    assert everything_in(root) == []


PUT_FOR_EVER = """
import hashlib, itertools, sys
from pathlib import Path
from medshare.infra.blobs import LocalBlobStore, make_key
blobs, spool = LocalBlobStore(Path(sys.argv[1])), Path(sys.argv[2])
for number in itertools.count():
    files = []
    for part in range(5):
        data = b"%d/%d" % (number, part) * 20000
        path = spool / f"{number}-{part}"
        path.write_bytes(data)
        files.append(SpooledFile(make_key("dicom", hashlib.sha256(data).hexdigest()), path))
    blobs.put_files(files)
    print(*(key for key, _, _ in files), flush=True)
"""


def test_a_killed_process_loses_nothing_acknowledged_and_shows_nothing_half_done(root, tmp_path):
    command = [sys.executable, "-c", PUT_FOR_EVER, str(root), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        acknowledged = [process.stdout.readline().split() for _ in range(10)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.split() for line in process.stdout if line.endswith(b"\n")]
    blobs = LocalBlobStore(root)
    listed = [key for key, _ in blobs.keys("dicom")]
    assert all(blobs.verify(key) for key in listed)
    assert {key.decode() for line in acknowledged for key in line} <= set(listed)


def test_what_a_killed_process_had_staged_is_removed_a_day_later(root):
    LocalBlobStore(root)
    for name, age_s in (("old", 100_000), ("young", 1000)):
        staging = root / ".incoming" / name
        staging.mkdir()
        (staging / "0").write_bytes(DATA)
        file = root / ".incoming" / f"{name} file"
        file.write_bytes(DATA)
        for each in (staging, file):
            os.utime(each, (time.time() - age_s,) * 2)
    LocalBlobStore(root)
    left = sorted(path.name for path in (root / ".incoming").iterdir())
    assert left == ["young", "young file"]


def test_nobody_else_can_look_into_the_store(root):
    LocalBlobStore(root).put_bytes(KEY, DATA)
    assert root.stat().st_mode & 0o077 == 0


def test_strangers_in_the_directories_are_not_listed(root):
    blobs = LocalBlobStore(root)
    blobs.put_bytes(KEY, DATA)
    (root / "dicom" / DIGEST[:2] / "notes.txt").write_text("not ours")
    (root / "dicom" / "lost+found").mkdir()
    assert [key for key, _ in blobs.keys("dicom")] == [KEY]


def test_a_store_that_is_not_mounted_is_unavailable_rather_than_empty(root, tmp_path):
    blobs = LocalBlobStore(root)
    blobs.put_bytes(KEY, DATA)
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    for ask in (
        blobs.check,
        lambda: blobs.read(KEY),
        lambda: blobs.size(KEY),
        lambda: blobs.keys("dicom"),
        lambda: blobs.put_bytes(KEY, DATA),
    ):
        with pytest.raises(UnavailableError):
            ask()


def test_a_reader_keeps_an_object_that_is_deleted_meanwhile(root):
    blobs = LocalBlobStore(root)
    blobs.put_bytes(KEY, DATA)
    with blobs.open(KEY) as file:
        blobs.delete([KEY])
        assert file.read() == DATA
    with pytest.raises(BlobMissingError):
        blobs.read(KEY)
