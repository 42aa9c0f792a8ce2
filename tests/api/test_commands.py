"""The commands, end to end in a data directory of their own."""

import csv
import io
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from joserfc.jwk import KeySet, RSAKey

from medshare.app import build
from medshare.audit.model import EventQuery
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import PatientId
from medshare.settings import load_settings
from tests.commands import FACILITY, House, kept_logging, prepared
from tests.entries import an_entry

PASSWORD = "a long test password"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return prepared(tmp_path_factory.mktemp("house") / "data")


@pytest.fixture(scope="module", autouse=True)
def keep_logging() -> Iterator[None]:
    with kept_logging():
        yield


def test_a_prepared_house_is_its_owners_only_and_preparing_again_is_harmless(
    house: House,
) -> None:
    assert house.run("init").exit_code == 0
    assert house.run("db", "upgrade").exit_code == 0
    assert house.directory.stat().st_mode & 0o077 == 0


def test_a_facility_is_added_once(house: House) -> None:
    assert "taken" in house.refused("facility", "add", typed=json.dumps(FACILITY))
    assert "/level" in house.refused("facility", "add", typed=json.dumps(FACILITY | {"level": 9}))
    assert "not valid JSON" in house.refused("facility", "add", typed="{")


def test_a_client_is_added_with_a_secret_or_with_keys(house: House, tmp_path: Path) -> None:
    secret = house.run("client", "add", "ris", "--facility", "SZ-A")
    assert secret.exit_code == 0, secret.output
    assert len(secret.stdout.strip()) >= 43
    key = RSAKey.generate_key(2048)
    public, private = tmp_path / "public.json", tmp_path / "private.json"
    public.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    private.write_text(json.dumps(KeySet([key]).as_dict(private=True)))
    keyed = house.run("client", "add", "pacs", "--facility", "SZ-A", "--jwks", str(public))
    assert keyed.stdout.strip() == ""
    refusals = (
        (("his", "--facility", "SZ-A", "--jwks", str(private)), "/jwks"),
        (("a:b", "--facility", "SZ-A"), "/id"),
        (("ris", "--facility", "SZ-A"), "taken"),
        (("his", "--facility", "NONE"), "does not take part"),
        (("his", "--facility", "SZ-A", "--scope", "system/AuditEvent.rs"), "scope"),
    )
    for words, said in refusals:
        assert said in house.refused("client", "add", *words)


def test_clients_are_listed_given_new_secrets_and_disabled(house: House) -> None:
    first = house.run("client", "add", "listed", "--facility", "SZ-A").stdout.strip()
    fresh = house.run("client", "secret", "listed", "--overlap-hours", "2").stdout.strip()
    assert len(fresh) >= 43
    assert fresh != first
    house.run("client", "add", "kept", "--facility", "SZ-A", "--jwks-uri", "https://a.example/keys")
    assert "signs with its own keys" in house.refused("client", "secret", "kept")
    assert house.run("client", "disable", "listed").exit_code == 0
    assert "no such client" in house.refused("client", "disable", "nobody")
    lines = house.run("client", "list").stdout.splitlines()
    assert "listed SZ-A secret disabled" in lines
    assert "kept SZ-A keys" in lines


def test_an_account_is_opened_by_a_password_from_standard_input(house: House) -> None:
    words = ("account", "add", "auditor", "--name", "A", "--role", "auditor")
    opened = house.run(*words, typed=PASSWORD + "\n")
    assert opened.exit_code == 0, opened.output
    assert "taken" in house.refused(*words, typed=PASSWORD)
    refusal = house.refused(*words, typed="short")
    assert "/password" in refusal
    assert "short" not in refusal.replace("too short", "")
    assert "/roles/0" in house.refused("account", "add", "x", "--name", "X", "--role", "god")


def test_rescoring_is_a_dry_run_by_the_shipped_or_other_weights(
    house: House, tmp_path: Path
) -> None:
    shipped = files("medshare.patients.matching") / "weights.json"
    done = house.run("patients", "rescore", "--dry-run", "--weights", str(shipped))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "0 of 0 records would lie elsewhere" in done.stderr
    assert house.run("patients", "rescore").exit_code == 2
    other = tmp_path / "weights.json"
    for text in ("[]", "{}", '{"frequencies": {}}'):
        other.write_text(text)
        refusal = house.refused("patients", "rescore", "--dry-run", "--weights", str(other))
        assert "holds no weights" in refusal


def test_reestimated_weights_are_a_file_that_rescoring_takes(house: House, tmp_path: Path) -> None:
    out = tmp_path / "learnt.json"
    done = house.run("patients", "reestimate", "--out", str(out), "--version", "2030-01.1")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert "learnt from 0 records in 0 pairs" in done.stderr
    assert json.loads(out.read_text())["version"] == "2030-01.1"
    tried = house.run("patients", "rescore", "--dry-run", "--weights", str(out))
    assert "by 2030-01.1" in tried.stderr


def test_the_key_of_tokens_is_exchanged_on_record(house: House) -> None:
    file = house.directory / "secrets" / "token-signing-key.pem"
    before = file.read_bytes()
    assert "restart the servers" in house.run("keys", "rotate-signing").stdout
    assert file.read_bytes() != before
    application = build(load_settings(house.environment))
    entry = list(application.trail.entries(EventQuery(operation="cli.rotate-signing-key")))[-1]
    application.stop_quietly()
    assert [each.id for each in entry.objects] == ["token-signing"]


def test_every_key_of_the_server_stands_after_init(house: House) -> None:
    names = {each.name for each in (house.directory / "secrets").iterdir()}
    assert names >= {
        "audit-encryption-key",
        "audit-signing-key.pem",
        "secret-hashing-key",
        "token-signing-key.pem",
        "webhook-key",
    }


def test_what_was_asked_about_a_person_is_erased_on_record(house: House) -> None:
    words = ("audit", "erase", "--patient", "p-1")
    assert house.run(*words, typed="n\n").exit_code == 1
    application = build(load_settings(house.environment))
    subjects = (Subject(PatientId("p-1")),)
    application.trail.append(an_entry(query="PatientID=7", subjects=subjects))
    application.stop_quietly()
    assert "1 keys destroyed" in house.run(*words, typed="y\n").stdout
    assert "0 keys destroyed" in house.run("audit", "erase", "--month", "2026-03", "--yes").stdout
    assert house.run("audit", "erase", "--yes").exit_code == 2
    application = build(load_settings(house.environment))
    entries = list(application.trail.entries(EventQuery(patients=frozenset({PatientId("p-1")}))))
    application.stop_quietly()
    assert sorted((each.operation, each.erased) for each in entries) == [
        ("cli.erase-audit", False),
        ("imaging.read", True),
    ]


def test_a_young_trail_loses_nothing_to_retention(house: House) -> None:
    assert house.run("audit", "retain", "--dry-run").stdout == "0 entries would be dropped\n"
    assert house.run("audit", "retain").stdout == "0 entries dropped\n"
    early = house.run("audit", "retain", MEDSHARE_AUDIT_RETENTION_DAYS="179")
    assert early.exit_code != 0


def test_the_key_that_wraps_the_trail_s_keys_is_exchanged_on_record(house: House) -> None:
    file = house.directory / "secrets" / "audit-encryption-key"
    assert "0 keys wrapped anew" in house.run("keys", "rotate-encryption").stdout
    assert file.with_name(f"{file.name}.former").exists()
    assert "has not been retired yet" in house.refused("keys", "rotate-encryption")
    assert house.run("keys", "rotate-encryption", "--retire").exit_code == 0
    assert not file.with_name(f"{file.name}.former").exists()


@pytest.mark.parametrize(
    ("command", "former"),
    [
        ("rotate-hashing", "secret-hashing-key.former"),
        ("rotate-audit-signing", "audit-signing-key.former.pem"),
    ],
)
def test_a_key_is_exchanged_and_the_former_one_retired_on_record(
    house: House, command: str, former: str
) -> None:
    file = house.directory / "secrets" / former
    assert "restart the servers" in house.run("keys", command).stdout
    assert file.exists()
    assert "has not been retired yet" in house.refused("keys", command)
    application = build(load_settings(house.environment))
    application.sequencer.seal_all()
    entries = list(application.trail.entries(EventQuery(operation=f"cli.{command}-key")))
    named = [each.id for entry in entries for each in entry.objects]
    key = str(application.sealed_log.key)
    application.stop_quietly()
    assert named == [key if command == "rotate-audit-signing" else "secret-hashing"]
    assert "retired" in house.run("keys", command, "--retire").stdout
    assert not file.exists()


def test_a_log_key_is_not_retired_before_the_new_one_has_signed(tmp_path: Path) -> None:
    house = prepared(tmp_path)
    application = build(load_settings(house.environment))
    application.sequencer.seal_all()
    application.stop_quietly()
    house.run("keys", "rotate-audit-signing")
    assert "has signed nothing yet" in house.refused("keys", "rotate-audit-signing", "--retire")


def test_what_a_retired_log_key_signed_is_no_fork(tmp_path: Path) -> None:
    house = prepared(tmp_path)
    asked(house, "seal")
    house.run("keys", "rotate-audit-signing")
    asked(house, "seal")
    assert "retired" in house.run("keys", "rotate-audit-signing", "--retire").stdout
    (seal,) = asked(house, "seal")
    assert (seal["signed"], seal["forked"]) == (True, [])


def test_every_command_that_changes_something_stands_in_the_trail(house: House) -> None:
    house.run("client", "add", "traced", "--facility", "SZ-A", USER="operator")
    application = build(load_settings(house.environment))
    entry = list(application.trail.entries(EventQuery(operation="cli.add-client")))[-1]
    application.stop_quietly()
    assert (entry.principal.kind, entry.principal.id) == ("system", "cli:operator")
    assert [each.id for each in entry.objects] == ["traced"]


def test_checking_the_configuration_shows_every_setting_and_no_password(house: House) -> None:
    shown = house.run(
        "config", "check", MEDSHARE_DATABASE_URL="postgresql://medshare:hidden@db/medshare"
    )
    assert shown.exit_code == 0
    assert "MEDSHARE_DATABASE_URL=postgresql://medshare:***@db/medshare" in shown.output
    assert f"MEDSHARE_DATA_DIR={house.directory}" in shown.output
    assert "hidden" not in shown.output


def test_a_setting_that_does_not_fit_is_named(house: House) -> None:
    assert "port" in house.refused("config", "check", MEDSHARE_PORT="http")
    assert "prot" in house.refused("config", "check", MEDSHARE_PROT="1")


def test_a_command_in_a_house_that_was_not_prepared_is_refused(tmp_path: Path) -> None:
    empty = House(tmp_path / "empty")
    assert "audit trail" in empty.refused("facility", "add", typed=json.dumps(FACILITY))


def test_a_hold_is_placed_listed_and_lifted_on_record(tmp_path: Path) -> None:
    house = prepared(tmp_path / "data")
    words = ("audit", "hold", "place", "--reason", "Case 7")
    since = ("--since", "2026-01-01T00:00:00+08:00")
    for half in ((), since, ("--entry", "none"), ("--patient", "p-1", *since)):
        assert house.run(*words, *half).exit_code != 0, half
    for reason in (" ", "x" * 501):
        wordy = ("audit", "hold", "place", "--reason", reason, "--patient", "p-1")
        assert "/reason" in house.refused(*wordy)
    assert "Nothing was found" in house.refused(*words, "--patient", "p" * 37)
    placed = json.loads(house.run(*words, "--patient", "p-1").stdout)
    house.run(*words, *since, "--until", "2030-01-01T00:00:00+08:00")
    assert house.run("audit", "hold", "lift", placed["id"]).exit_code == 0
    assert "Nothing was found" in house.refused("audit", "hold", "lift", placed["id"])
    listed = [json.loads(each) for each in house.run("audit", "hold", "list").stdout.splitlines()]
    assert [each["lifted_at"] is None for each in listed] == [False, True]
    found = asked(house, "events", "--operation", "cli.place-audit-hold", "--outcome", "success")
    assert len(found) == len(listed)


def asked(house: House, *words: str) -> list[dict[str, object]]:
    result = house.run("audit", "ask", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_auditor_s_questions_are_answered_in_lines_and_recorded(tmp_path: Path) -> None:
    house = prepared(tmp_path / "data")
    own = f"cli:{house.environment.get('USER', '') or 'unknown'}"
    assert asked(house, "patient", "nobody") == []
    for words in (
        ("user", own),
        ("user", own, "--facility", "SZ-A"),
        ("break-glass",),
        ("denied",),
        ("bulk", "--patients", "2"),
        ("across", "SZ-A", "SZ-B", "--since", "2026-01-01T00:00:00+08:00"),
        ("days", "--facility", "SZ-A"),
        ("readers", "--facility", "SZ-A", "--limit", "3"),
        ("anomalies", "--rule", "bulk"),
        ("anomalies", "--acknowledged"),
    ):
        asked(house, *words)
    found = asked(house, "events", "--who", own, "--action", "search", "--outcome", "success")
    assert {"cli.ask-patient", "cli.ask-anomalies"} <= {each["operation"] for each in found}
    assert asked(house, "events", "--operation", "cli.none") == []
    (seal,) = asked(house, "seal")
    assert (seal["signed"], seal["rootStands"], seal["altered"]) == (True, True, [])
    (whole,) = asked(house, "missing")
    assert (whole["missing"], whole["unsealed"]) == ([], 0)
    application = build(load_settings(house.environment))
    try:
        (entry,) = application.trail.entries(EventQuery(operation="cli.ask-patient"))
    finally:
        application.stop_quietly()
    (proof,) = asked(house, "proof", entry.id)
    assert json.loads(str(proof["leaf"]))["id"] == entry.id
    assert house.refused("audit", "ask", "proof", "nothing") == "Error: Nothing was found\n"
    altered = house.run("audit", "ask", "altered", entry.id)
    assert json.loads(altered.stdout)["intact"] is True
    assert house.refused("audit", "ask", "altered", "nothing") == "Error: Nothing was found\n"


def test_the_trail_leaves_by_command_in_each_form_and_the_sealed_one_is_sound(
    house: House, tmp_path: Path
) -> None:
    sealed = tmp_path / "audit.ndjson"
    sealed.write_bytes(house.run("audit", "export").stdout_bytes)
    key = house.run("audit", "key").stdout.strip()
    assert house.run("audit", "verify", str(sealed), "--key", key).stdout.endswith("sound\n")
    table = house.run("audit", "export", "--format", "csv", "--since", "2026-01-01T00:00:00Z")
    assert table.exit_code == 0, table.output
    rows = list(csv.DictReader(io.StringIO(table.stdout_bytes.decode("utf-8-sig"))))
    assert "cli.export-audit" in [each["operation"] for each in rows]
    event = json.loads(house.run("audit", "export", "--format", "fhir").stdout.splitlines()[0])
    assert event["resourceType"] == "AuditEvent"
    for nobody in (("--who", "nobody"), ("--outcome", "failed"), ("--purpose", "BTG")):
        assert house.run("audit", "export", "--format", "fhir", *nobody).stdout == ""
    messages = house.run("audit", "export", "--format", "dicom").stdout_bytes
    assert fromstring(messages)[0].tag == "AuditMessage"


def test_a_period_without_an_offset_is_refused(house: House) -> None:
    result = house.run("audit", "ask", "denied", "--since", "2026-01-01")
    assert result.exit_code == 2
    assert "offset" in result.output
