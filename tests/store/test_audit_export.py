"""Sealed exports verify offline, and every attack on one is named."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from medshare.audit.export import ndjson, sealed_lines
from medshare.audit.keys import load_signer
from medshare.audit.model import EventQuery
from medshare.audit.sealed_log import SealedLog
from medshare.audit.tree.merkle import hash_leaf
from medshare.audit.tree.notes import Checkpoint, VerifierKey, open_checkpoint
from medshare.audit.verify import Fault, Root, Verification
from medshare.cli import main
from medshare.settings import Settings
from tests.conftest import EMBEDDED
from tests.entries import CLIENT, an_entry
from tests.store.test_sequencer import Log
from tests.store.test_trail import FULL

COUNT = 300  # more than one bundle
Line = dict[str, Any]
on_sqlite = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)


@pytest.fixture
def log(settings: Settings) -> Iterator[Log]:
    opened = Log(settings)
    opened.ledgers.trail._write([FULL, *(an_entry() for _ in range(COUNT - 2))])
    opened.ledgers.change(an_entry(principal=replace(CLIENT, id="his-SZ-B")))
    opened.seal()
    yield opened
    opened.ledgers.close()


def export(log: Log, **restrictions: Any) -> list[Line]:
    sealed = SealedLog(log.databases[-1], log.signer.verifier)
    lines = ndjson(sealed_lines(log.databases, log.vault, sealed, EventQuery(**restrictions)))
    return [orjson.loads(each) for each in lines]


def verified(lines: list[Line], key: VerifierKey, kept: Checkpoint | None = None) -> Verification:
    verification = Verification(key, kept)
    verification.read(orjson.dumps(each) for each in lines)
    return verification


def faults(lines: list[Line], log: Log, kept: Checkpoint | None = None) -> list[tuple[Any, ...]]:
    found = verified(lines, log.signer.verifier, kept).findings
    return [(each.fault, each.line, each.index) for each in found]


def checkpoint_of(lines: list[Line], log: Log) -> Checkpoint:
    return open_checkpoint(lines[-1]["checkpoint"], log.signer.verifier)


def resealed(entries: list[Line], log: Log) -> list[Line]:
    """Return entry lines numbered anew, under a checkpoint that the log's own key signs."""
    root = Root()
    for index, each in enumerate(entries):
        each["index"] = index
        root.add(hash_leaf(each["leaf"].encode()))
    note = log.signer.sign(Checkpoint(log.signer.name, root.size, root.value()))
    head = {"format": "medshare-audit-export", "version": 1, "key": "", "filtered": False}
    return [head, *entries, {"checkpoint": note}]


def test_a_whole_export_is_sound_and_holds_every_entry(log: Log) -> None:
    verification = verified(export(log), log.signer.verifier)
    assert verification.findings == []
    assert (verification.entries, verification.left_out) == (COUNT, 0)
    assert verification.checkpoint is not None
    assert verification.checkpoint.size == COUNT


def test_a_filtered_export_carries_the_hashes_of_what_it_leaves_out(log: Log) -> None:
    verification = verified(export(log, who="his-SZ-B"), log.signer.verifier)
    assert verification.findings == []
    assert (verification.entries, verification.left_out) == (1, COUNT - 1)


def test_an_export_before_anything_is_sealed_is_not_taken_for_a_sound_one(
    settings: Settings,
) -> None:
    empty = Log(settings)
    assert [each[0] for each in faults(export(empty), empty)] == [Fault.WRONG_KEY]
    empty.ledgers.close()


def _flip_leaf(lines: list[Line]) -> None:
    lines[5]["leaf"] = lines[5]["leaf"].replace("success", "succesz")


def _flip_leaf_and_hash(lines: list[Line]) -> None:
    _flip_leaf(lines)
    lines[5]["hash"] = hash_leaf(lines[5]["leaf"].encode()).hex()


def _edit_part(lines: list[Line]) -> None:
    lines[5]["who"]["text"] = lines[5]["who"]["text"].replace("d-007", "d-008")


def _edit_projection(lines: list[Line]) -> None:
    lines[5]["events"][0]["outcome"] = "8"


def _drop(lines: list[Line]) -> None:
    del lines[5]


def _swap(lines: list[Line]) -> None:
    lines[5], lines[6] = lines[6], lines[5]


def _truncate(lines: list[Line]) -> None:
    del lines[-1]


def _truncate_before_the_checkpoint(lines: list[Line]) -> None:
    del lines[-11:-1]


def _append(lines: list[Line]) -> None:
    lines.append(dict(lines[5]))


def _hide_behind_a_hash(lines: list[Line]) -> None:
    digest = base64.b64encode(bytes.fromhex(lines[5]["hash"])).decode()
    lines[5] = {"index": 4, "hashes": digest}


def _behead(lines: list[Line]) -> None:
    del lines[0]


def _say_that_it_is_filtered(lines: list[Line]) -> None:
    _hide_behind_a_hash(lines)
    lines.insert(5, lines[0] | {"filtered": True})


@on_sqlite
@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (_behead, (Fault.UNREADABLE, COUNT + 1, None)),
        (_say_that_it_is_filtered, (Fault.UNREADABLE, 6, None)),
        (_flip_leaf, (Fault.ALTERED_LEAF, 6, 4)),
        (_flip_leaf_and_hash, (Fault.UNREADABLE, 6, None)),
        (_edit_part, (Fault.ALTERED_PART, 6, 4)),
        (_edit_projection, (Fault.EDITED_PROJECTION, 6, 4)),
        (_drop, (Fault.MISSING_ENTRY, 6, 5)),
        (_swap, (Fault.MISSING_ENTRY, 6, 5)),
        (_truncate, (Fault.TRUNCATED, COUNT + 1, None)),
        (_truncate_before_the_checkpoint, (Fault.TRUNCATED, COUNT - 8, COUNT - 10)),
        (_append, (Fault.UNREADABLE, COUNT + 3, None)),
        (_hide_behind_a_hash, (Fault.MISSING_ENTRY, 6, 4)),
    ],
)
def test_an_attack_is_named_with_line_and_index(
    log: Log, attack: Callable[[list[Line]], None], found: tuple[Any, ...]
) -> None:
    lines = export(log)
    attack(lines)
    assert faults(lines, log)[0] == found


@on_sqlite
def test_an_entry_that_was_swapped_for_another_does_not_give_the_root(log: Log) -> None:
    lines = export(log)
    lines[5] = lines[7] | {"index": 4}
    assert faults(lines, log) == [(Fault.WRONG_ROOT, COUNT + 2, None)]


@on_sqlite
def test_bits_that_flip_anywhere_are_found(log: Log, tmp_path: Path) -> None:
    content = b"".join(orjson.dumps(each) + b"\n" for each in export(log)[:20])
    for at in range(300, len(content), 397):
        broken = content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]
        verification = Verification(log.signer.verifier)
        verification.read(broken.splitlines())
        assert [each for each in verification.findings if each.fault is not Fault.TRUNCATED], at
    assert tmp_path.exists()


@on_sqlite
def test_a_deletion_signed_anew_is_named_by_a_kept_checkpoint(log: Log) -> None:
    kept = checkpoint_of(export(log), log)
    entries = export(log)[1:-1]
    del entries[5]
    forged = resealed(entries, log)
    assert faults(forged, log) == []
    assert faults(forged, log, kept)[0][0] is Fault.ROLLBACK
    log.write(2)
    log.seal()
    entries = export(log)[1:-1]
    del entries[5]
    assert faults(resealed(entries, log), log, kept) == [
        (Fault.REWRITTEN, kept.size + 1, kept.size - 1)
    ]


@on_sqlite
def test_a_log_that_grew_agrees_with_a_kept_checkpoint(log: Log) -> None:
    kept = checkpoint_of(export(log), log)
    log.write(3)
    log.seal()
    assert faults(export(log), log, kept) == []


@on_sqlite
def test_another_key_is_named(log: Log, tmp_path: Path) -> None:
    other = load_signer(tmp_path / "other.pem", log.signer.name).verifier
    found = verified(export(log), other).findings
    assert [each.fault for each in found] == [Fault.WRONG_KEY]


@on_sqlite
def test_a_part_that_was_forgotten_leaves_the_export_sound(log: Log) -> None:
    with log.databases[-1].write() as session:
        session.connection().exec_driver_sql("update audit_leaves set about_salt = null")
        session.connection().exec_driver_sql("delete from audit_keys")
    lines = export(log)
    verification = verified(lines, log.signer.verifier)
    assert verification.findings == []
    assert verification.forgotten == COUNT
    assert FULL.query not in str(lines)


@on_sqlite
def test_an_entry_whose_row_was_deleted_still_stands_in_the_export(log: Log) -> None:
    with log.databases[-1].write() as session:
        session.connection().exec_driver_sql(
            "delete from audit_entries where id = ?", (an_id_of(log),)
        )
    verification = verified(export(log), log.signer.verifier)
    assert (verification.entries, verification.forgotten) == (COUNT, 1)
    assert verification.findings == []


def an_id_of(log: Log) -> str:
    return str(orjson.loads(export(log)[20]["leaf"])["id"])


@on_sqlite
def test_the_command_says_what_it_found_by_its_exit_code(log: Log, tmp_path: Path) -> None:
    file, kept = tmp_path / "export.ndjson", tmp_path / "kept"
    lines = export(log)
    kept.write_text(lines[-1]["checkpoint"])
    arguments = ["audit", "verify", str(file), "--key", str(log.signer.verifier)]
    for number, expected in ((0, "sound"), (1, "altered-leaf: line 6, index 4")):
        if number:
            _flip_leaf(lines)
        file.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in lines))
        ran = CliRunner().invoke(main, [*arguments, "--checkpoint", str(kept)])
        assert ran.exit_code == number, ran.output
        assert expected in ran.output
    ran = CliRunner().invoke(main, [*arguments[:-1], "no key"])
    assert ran.exit_code == 2
