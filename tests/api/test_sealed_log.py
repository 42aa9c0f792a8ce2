"""What witnesses and auditors get of the sealed log over HTTP."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from werkzeug.test import TestResponse

from medshare.audit.keys import load_log_signer, load_signer
from medshare.audit.tree.merkle import extends, hash_leaf, includes
from medshare.audit.tree.notes import Checkpoint, Signer, open_checkpoint
from medshare.audit.verify import Fault, Verification
from medshare.cli import audit as cli_audit
from medshare.cli import main
from medshare.settings import Settings
from tests.site import Caller, Site, problem_of

CHECKPOINT = "/api/v1/audit/checkpoint"
CONSISTENCY = "/api/v1/audit/consistency"


@pytest.fixture
def auditor(site: Site) -> Caller:
    site.facility_client("SZ-A").get("/api/v1/facilities/SZ-B")
    site.application.sequencer.seal_all()
    return site.auditor()


def newest(site: Site) -> tuple[Checkpoint, str]:
    note = site.anonymous().get(CHECKPOINT).text
    return open_checkpoint(note, site.application.sealed_log.key), note


def decoded(hashes: list[str]) -> list[bytes]:
    return [base64.b64decode(each) for each in hashes]


def test_before_anything_is_sealed_there_is_no_checkpoint(site: Site) -> None:
    answer = site.anonymous().get(CHECKPOINT)
    assert answer.status_code == 404
    assert "X-Audit-Checkpoint" not in answer.headers
    problem_of(answer)
    assert site.last_entry().operation == "audit.checkpoint"


def test_every_answer_hands_out_the_newest_checkpoint(auditor: Caller) -> None:
    _checkpoint, note = newest(auditor.site)
    for path in ("/health/live", "/nowhere", "/api/v1/audit/events"):
        shown = auditor.get(path).headers["X-Audit-Checkpoint"]
        assert base64.b64decode(shown).decode() == note


def test_an_export_is_sealed_up_to_now_and_sound(auditor: Caller) -> None:
    answer = auditor.get("/api/v1/audit/export")
    verification = Verification(auditor.site.application.sealed_log.key)
    verification.read(answer.data.splitlines())
    assert verification.findings == []
    assert "access.login" in answer.text
    assert auditor.site.last_entry().operation == "audit.export"


def test_a_filtered_export_shows_what_was_asked_for_alone(auditor: Caller) -> None:
    answer = auditor.get("/api/v1/audit/export?facility=SZ-A")
    verification = Verification(auditor.site.application.sealed_log.key)
    verification.read(answer.data.splitlines())
    assert (verification.findings, verification.entries) == ([], 1)
    assert verification.left_out > 0


def test_an_old_login_does_not_open_the_export(auditor: Caller) -> None:
    auditor.site.clock.advance(minutes=20)
    answer = auditor.get("/api/v1/audit/export")
    assert problem_of(answer)["type"] == "urn:medshare:problem:step-up-required"


def test_every_entry_is_proved_to_stand_in_the_log(auditor: Caller) -> None:
    for entry in auditor.site.entries():
        proof = auditor.get(f"/api/v1/audit/events/{entry.id}/proof").get_json()
        checkpoint = open_checkpoint(proof["checkpoint"], auditor.site.application.sealed_log.key)
        leaf = proof["leaf"].encode()
        hashes = decoded(proof["hashes"])
        assert entry.id in proof["leaf"]
        assert includes(hash_leaf(leaf), proof["index"], checkpoint.size, hashes, checkpoint.root)


def test_a_proof_of_no_entry_is_not_found_and_of_any_is_the_auditors(auditor: Caller) -> None:
    assert auditor.get("/api/v1/audit/events/nothing/proof").status_code == 404
    entry = auditor.site.last_entry()
    path = f"/api/v1/audit/events/{entry.id}/proof"
    assert auditor.site.administrator().get(path).status_code == 403
    assert auditor.site.anonymous().get(path).status_code == 401
    assert (entry.operation, entry.outcome) == ("audit.prove-inclusion", "missing")


def test_a_log_that_grows_proves_that_it_continues(auditor: Caller) -> None:
    old, _note = newest(auditor.site)
    auditor.site.application.sequencer.seal_all()
    new, _note = newest(auditor.site)
    assert new.size > old.size
    answer = auditor.site.anonymous().get(f"{CONSISTENCY}?old={old.size}&new={new.size}")
    proof = decoded(answer.get_json()["hashes"])
    assert extends(old.size, old.root, new.size, new.root, proof)


def test_sizes_that_the_log_does_not_have_are_refused(auditor: Caller) -> None:
    caller = auditor.site.anonymous()
    for query, status in (
        ("old=1&new=9999", 404),
        ("old=2&new=1", 404),
        ("old=-1&new=1", 422),
        ("old=1", 422),
        ("old=x&new=1", 422),
    ):
        answer = caller.get(f"{CONSISTENCY}?{query}")
        assert answer.status_code == status, query
        problem_of(answer)


def test_tiles_hold_the_hashes_of_leaves(auditor: Caller) -> None:
    caller = auditor.site.anonymous()
    size = newest(auditor.site)[0].size
    answer = caller.get(f"/api/v1/audit/tile/0/000.p/{size}")
    assert len(answer.data) == size * 32
    assert caller.get("/api/v1/audit/tile/0/000.p/1").data == answer.data[:32]
    for path in ("0/000", "0/x001/000", "1/000.p/1", "8/000.p/1", "0/0.p/1", "0/000.p/256", "0/a"):
        assert caller.get(f"/api/v1/audit/tile/{path}").status_code == 404, path


def test_a_witness_cosigns_a_log_that_continues_and_no_other(
    auditor: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = auditor.site
    kept = tmp_path / "kept"
    settings = site.settings
    signer = load_log_signer(settings.data_dir / "secrets", settings.effective_base_url)

    def get(url: str) -> bytes:
        return site.anonymous().get(url.removeprefix("http://log")).data

    def witnessed() -> Result:
        arguments = ["http://log", "--key", str(signer.verifier), "--keep", str(kept)]
        return CliRunner().invoke(main, ["audit", "witness", *arguments])

    monkeypatch.setattr(cli_audit, "_get", get)
    for _ in range(2):
        site.application.sequencer.seal_all()
        assert witnessed().exit_code == 0
        witness = load_signer(tmp_path / "kept.pem", "witness").witness
        seen = open_checkpoint(kept.read_text(), witness)
        assert seen == newest(site)[0]
    for size, found in ((1, "rewritten"), (10**6, "rollback")):
        kept.write_text(signer.sign(Checkpoint(signer.name, size, bytes(32))))
        refused = witnessed()
        assert refused.exit_code == 1
        assert found in refused.output


COSIGNATURES = "/api/v1/audit/cosignatures"


class Watched:
    """A site whose log two hospitals watch, one of them known to it."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.known = load_signer(directory / "known.pem", "witness.hospital-a.example")
        self.stranger = load_signer(directory / "stranger.pem", "witness.nowhere.example")
        file = directory / "witnesses"
        file.write_text(f"# hospitals\n{self.known.witness}\n")
        self.site = Site(replace(settings, audit_witnesses_file=file))
        self.auditor = self.site.auditor()
        self.seal()

    def seal(self) -> None:
        self.site.facility_client("SZ-A").get("/api/v1/facilities/SZ-B")
        self.site.application.sequencer.seal_all()

    def send(self, note: str) -> TestResponse:
        return self.site.anonymous().post(COSIGNATURES, data=note, content_type="text/plain")

    def cosigned(self, signer: Signer, note: str | None = None) -> TestResponse:
        checkpoint, newest_note = newest(self.site)
        note = note or newest_note
        return self.send(note + signer.cosign(checkpoint, 1_795_000_000))

    def verified(self, quorum: int = 1) -> Verification:
        answer = self.auditor.get("/api/v1/audit/export")
        key = self.site.application.sealed_log.key
        witnesses = [self.known.witness, self.stranger.witness]
        verification = Verification(key, None, witnesses, quorum)
        verification.read(answer.data.splitlines())
        return verification


@pytest.fixture
def watched(settings: Settings, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(settings, tmp_path)
    yield made
    made.site.close()


def test_a_cosignature_is_shown_with_its_checkpoint(watched: Watched) -> None:
    answer = watched.cosigned(watched.known)
    assert answer.status_code == 200, answer.text
    assert watched.cosigned(watched.known).text == answer.text
    signed = newest(watched.site)[0]
    watched.seal()
    anybody = watched.site.anonymous()
    assert newest(watched.site)[0].size > signed.size
    shown = anybody.get(f"{CHECKPOINT}?cosigned=1").text
    assert shown == answer.text
    assert open_checkpoint(shown, watched.known.witness) == signed
    assert anybody.get(f"{CHECKPOINT}?cosigned=2").status_code == 404


def test_who_is_no_known_witness_cosigns_nothing(watched: Watched) -> None:
    note = newest(watched.site)[1]
    settings = watched.site.settings
    log = load_log_signer(settings.data_dir / "secrets", settings.effective_base_url)
    forged = log.sign(Checkpoint(log.name, 1, bytes(32)))
    false = forged + watched.known.cosign(Checkpoint(log.name, 1, bytes(32)), 1)
    for each in (
        watched.cosigned(watched.stranger),
        watched.cosigned(watched.known, forged),
        watched.send(false),
        watched.send(note),
        watched.send("no note"),
    ):
        assert problem_of(each)["type"] == "urn:medshare:problem:cosignature-refused"
    assert watched.site.anonymous().get(f"{CHECKPOINT}?cosigned=1").status_code == 404
    other = watched.site.anonymous().post(COSIGNATURES, {"note": note})
    assert other.status_code == 415


def test_the_verifier_counts_the_witnesses_that_vouch(watched: Watched) -> None:
    assert [each.fault for each in watched.verified().findings] == [Fault.UNWITNESSED]
    watched.cosigned(watched.known)
    size = newest(watched.site)[0].size
    verification = watched.verified()
    assert (verification.findings, verification.vouched) == ([], {watched.known.name: size})
    assert [each.fault for each in watched.verified(2).findings] == [Fault.UNWITNESSED]


def test_a_log_that_a_witness_saw_otherwise_is_named(watched: Watched) -> None:
    watched.cosigned(watched.known)
    lines = watched.auditor.get("/api/v1/audit/export").data.splitlines()
    settings = watched.site.settings
    log = load_log_signer(settings.data_dir / "secrets", settings.effective_base_url)
    other = Checkpoint(log.name, 2, bytes(32))
    header = orjson.loads(lines[0])
    header["cosigned"] = [log.sign(other) + watched.known.cosign(other, 1)]
    verification = Verification(log.verifier, None, [watched.known.witness], 1)
    verification.read([orjson.dumps(header), *lines[1:]])
    faults = [each.fault for each in verification.findings]
    assert faults == [Fault.REWRITTEN, Fault.UNWITNESSED]
