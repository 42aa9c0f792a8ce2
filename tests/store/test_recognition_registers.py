from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from medshare.exams.model import Coding
from medshare.infra.outbox import OutboxRow
from medshare.kernel.errors import InvalidError
from medshare.recognition.catalogue import service as catalogue
from medshare.recognition.catalogue.model import CatalogueFileError, CodeMappedError, LocalCode
from medshare.recognition.certificates import service as certificates
from medshare.recognition.certificates.model import (
    Basis,
    Certificate,
    CertificateTakenError,
    CertificateWithdrawnError,
    Scope,
    ScopeCycleError,
)
from medshare.recognition.policies import service as policies
from medshare.recognition.policies.model import (
    NoPolicyInForceError,
    PolicyDocumentError,
    PolicyEnactedError,
    RetroactiveError,
    SamePersonError,
)
from medshare.recognition.programme import QualityCertificate
from medshare.recognition.registers import InForce, load_programme
from tests.site import NOW, Site

CITY = Scope("CN-GD-SZ", "示例市", "Example City", 3)
PROVINCE = Scope("CN-GD", "示例省", "Example Province", 1, ("CN-GD-SZ",))
CERTIFICATE = Certificate(
    QualityCertificate(
        "C-1",
        "SZ-B",
        frozenset({"CT-CHEST-PLAIN"}),
        "CN-GD",
        "粤HR",
        NOW - timedelta(days=300),
        NOW + timedelta(days=65),
    ),
    "示例省临床检验中心",
    Basis("示例室间质评", "2026-1", "100"),
)
DOCUMENT: dict[str, Any] = {
    "programme": "test",
    "scope": "CN-GD-SZ",
    "effectiveFrom": NOW.isoformat(),
    "timeZone": "Asia/Shanghai",
    "items": {"CT-CHEST-PLAIN": {"window": "30d", "source": "sample", "priceYuan": 260}},
    "reasons": [{"code": "OTHER", "zh": "其他", "en": "Other", "needsText": True}],
}


@pytest.fixture
def ready(site: Site) -> Site:
    """A site with scopes, a certificate and an enacted policy."""
    site.write(lambda uow: certificates.put_scopes(uow, [CITY, PROVINCE]))
    site.write(lambda uow: certificates.register(uow, CERTIFICATE))
    enact(site, DOCUMENT)
    return site


def enact(site: Site, document: dict[str, Any]) -> str:
    drafted, _ = site.write(lambda uow: policies.draft(uow, document, "drafter"))
    site.write(lambda uow: policies.enact(uow, drafted.id, "head"))
    return str(drafted.id)


def in_force(site: Site, at: datetime = NOW) -> InForce:
    found: InForce = site.read(lambda uow: load_programme(uow, at))
    return found


def test_what_is_in_force_is_what_the_evaluator_takes(ready: Site) -> None:
    found = in_force(ready)
    assert CERTIFICATE.rule in found.programme.certificates
    assert found.policy_hash == found.reasons.id
    assert found.programme.scopes["CN-GD-SZ"].facilities == ("SZ-A", "SZ-B", "SZ-C")
    assert found.programme.scopes["CN-GD"].contains == ("CN-GD-SZ",)
    assert found.programme.items["PANEL-LIPID"].components == (
        "LAB-TC",
        "LAB-TG",
        "LAB-HDL",
        "LAB-LDL",
    )
    assert "CT-CHEST-PLAIN" in found.programme.items["CT-CHEST-PLAIN-ENH"].covers
    assert found.terms["CT-CHEST-PLAIN"].price_yuan == 260
    assert found.reasons.reasons[0].needs_text
    assert found.reasons.reasons[0].counted_as == "OTHER"


def test_what_is_in_force_is_kept_until_a_register_changes(ready: Site) -> None:
    first = in_force(ready)
    assert in_force(ready) is first
    ready.write(
        lambda uow: catalogue.map_code(uow, LocalCode("urn:medshare:local:SZ-A", "1", "LAB-K"))
    )
    second = in_force(ready)
    assert second is not first
    assert second.catalogue.item_of("urn:medshare:local:SZ-A", "1") == "LAB-K"
    assert second.catalogue.item_of("urn:medshare:local:SZ-B", "1") is None


def test_a_facilitys_own_code_means_something_in_its_own_mouth_only(ready: Site) -> None:
    code = LocalCode("urn:medshare:local:SZ-A", "1", "LAB-K")
    ready.write(lambda uow: catalogue.map_code(uow, code))
    rules = in_force(ready)
    assert rules.item_of("SZ-A", Coding(code.system, code.code)) == "LAB-K"
    assert rules.item_of("SZ-B", Coding(code.system, code.code)) is None


def test_a_local_code_has_one_meaning_of_the_managed_list(site: Site) -> None:
    code = LocalCode("urn:medshare:local:SZ-A", "1", "LAB-K")
    site.write(lambda uow: catalogue.map_code(uow, code))
    with pytest.raises(CodeMappedError):
        site.write(lambda uow: catalogue.map_code(uow, replace(code, item="LAB-NA")))
    with pytest.raises(InvalidError):
        site.write(lambda uow: catalogue.map_code(uow, replace(code, code="2", item="NONE")))


def test_a_dry_run_says_what_an_import_changes_and_changes_nothing(site: Site) -> None:
    texts = {
        "covers.csv": "item,covers\nCT-CHEST-PLAIN-ENH,CT-CHEST-PLAIN\nCT-HEAD-ENH,CT-HEAD-PLAIN\n"
    }
    told = site.write(lambda uow: catalogue.bring(uow, texts, dry_run=True))
    assert [(each.part, each.key, each.kind) for each in told] == [
        ("covers", "CT-HEAD-ENH > CT-HEAD-PLAIN", "add")
    ]
    assert site.write(lambda uow: catalogue.bring(uow, texts, dry_run=False)) == told
    assert site.write(lambda uow: catalogue.bring(uow, texts, dry_run=False)) == []


def test_every_fault_of_a_catalogue_is_told_by_line_and_column(site: Site) -> None:
    texts = {
        "facets.csv": "item,phases,specimen,ucum,comparability_group,method_sensitive,dose_class,"
        "card_mode\nNONE,odd,,,,perhaps,none,informative\nLAB-K,,,,,,,\n",
        "covers.csv": "wrong,header\n",
        "stray.csv": "",
    }
    with pytest.raises(CatalogueFileError) as refused:
        site.write(lambda uow: catalogue.bring(uow, texts, dry_run=False))
    assert [each.pointer for each in refused.value.issues] == [
        "/stray.csv",
        "/facets.csv/2/item",
        "/facets.csv/2/phases",
        "/facets.csv/2/method_sensitive",
        "/facets.csv/3/dose_class",
        "/facets.csv/3/card_mode",
        "/covers.csv/1",
    ]


def test_a_scope_that_would_contain_itself_is_refused(ready: Site) -> None:
    looped = replace(CITY, contains=("CN-GD",))
    with pytest.raises(ScopeCycleError):
        ready.write(lambda uow: certificates.put_scopes(uow, [looped]))
    assert CITY in ready.read(certificates.scopes)


def test_a_withdrawal_looks_back_is_told_once_and_stays(ready: Site) -> None:
    since = NOW - timedelta(days=30)
    withdrawn = ready.write(lambda uow: certificates.withdraw(uow, "C-1", since, "EQA failed"))
    assert withdrawn.rule.withdrawn.invalid_from == since
    assert withdrawn.rule in in_force(ready).programme.certificates
    with pytest.raises(CertificateWithdrawnError):
        ready.write(lambda uow: certificates.withdraw(uow, "C-1", since, "again"))
    facts = ready.read(
        lambda uow: [
            orjson.loads(row.payload)
            for row in uow.session.query(OutboxRow).filter_by(kind="recognition.mark-withdrawn")
        ]
    )
    assert [(each["certificate"], each["facility"]) for each in facts] == [("C-1", "SZ-B")]


def test_a_certificate_is_registered_once_and_holds_together(ready: Site) -> None:
    assert ready.write(lambda uow: certificates.register(uow, CERTIFICATE)) is False
    with pytest.raises(CertificateTakenError):
        ready.write(lambda uow: certificates.register(uow, replace(CERTIFICATE, issuer="other")))
    wrong = replace(
        CERTIFICATE.rule,
        id="C-2",
        scope="NONE",
        items=frozenset({"NONE"}),
        valid_to=NOW - timedelta(days=400),
    )
    with pytest.raises(InvalidError) as refused:
        ready.write(lambda uow: certificates.register(uow, replace(CERTIFICATE, rule=wrong)))
    assert [each.code for each in refused.value.issues] == [
        "scope-unknown",
        "item-unknown",
        "period",
    ]


def test_a_policy_takes_two_people_and_an_effective_date_to_come(ready: Site) -> None:
    late = DOCUMENT | {"effectiveFrom": "2026-11-19T00:00:00+08:00"}
    drafted, fresh = ready.write(lambda uow: policies.draft(uow, late, "drafter"))
    assert fresh
    with pytest.raises(SamePersonError):
        ready.write(lambda uow: policies.enact(uow, drafted.id, "drafter"))
    with pytest.raises(RetroactiveError):
        ready.write(lambda uow: policies.enact(uow, drafted.id, "head"))
    stands = in_force(ready)
    with pytest.raises(PolicyEnactedError):
        ready.write(lambda uow: policies.enact(uow, stands.programme.policy.id, "head"))


def test_a_later_version_supersedes_from_its_date_on_and_no_earlier(ready: Site) -> None:
    first = in_force(ready)
    later = DOCUMENT | {"effectiveFrom": "2027-01-01T00:00:00+08:00", "levelRule": "same_or_higher"}
    second = enact(ready, later)
    assert in_force(ready) is first
    assert in_force(ready, datetime(2027, 1, 2, tzinfo=UTC)).programme.policy.id == second
    differences = ready.read(lambda uow: policies.compare(uow, first.programme.policy.id, second))
    assert [each.pointer for each in differences] == ["/effectiveFrom", "/levelRule"]
    with pytest.raises(NoPolicyInForceError):
        in_force(ready, datetime(2025, 1, 1, tzinfo=UTC))


def test_a_later_version_is_not_overtaken_by_an_earlier_date(ready: Site) -> None:
    enact(ready, DOCUMENT | {"effectiveFrom": "2027-01-01T00:00:00+08:00"})
    sooner = DOCUMENT | {"effectiveFrom": "2026-12-01T00:00:00+08:00"}
    drafted, _ = ready.write(lambda uow: policies.draft(uow, sooner, "drafter"))
    with pytest.raises(RetroactiveError):
        ready.write(lambda uow: policies.enact(uow, drafted.id, "head"))


def test_the_same_document_is_the_same_version_in_whatever_order_it_stands(ready: Site) -> None:
    turned = dict(reversed(DOCUMENT.items()))
    again, fresh = ready.write(lambda uow: policies.draft(uow, turned, "another"))
    assert not fresh
    assert again.content_hash == in_force(ready).policy_hash


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"timeZone": "Mars"}, "/timeZone"),
        ({"odd": 1}, "/odd"),
        ({"clockSkewMinutes": 61}, "/clockSkewMinutes"),
        ({"items": {"CT-CHEST-PLAIN": {"window": "30d"}}}, "/items/CT-CHEST-PLAIN/source"),
        ({"items": {"NONE": {"window": "30d", "source": "sample"}}}, "/items/0"),
        ({"scope": "NONE"}, "/scope"),
        (
            {"reasons": [{"code": "A", "zh": "甲", "en": "A", "parent": "B"}]},
            "/reasons/0/parent",
        ),
    ],
)
def test_a_policy_document_is_refused_with_the_place(
    ready: Site, change: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(PolicyDocumentError) as refused:
        ready.write(lambda uow: policies.draft(uow, DOCUMENT | change, "drafter"))
    assert [each.pointer for each in refused.value.issues] == [pointer]


def test_the_sample_policy_can_be_enacted_and_names_every_source(ready: Site) -> None:
    sample = ready.read(
        lambda uow: policies.sample_document(uow, "CN-GD-SZ", NOW + timedelta(days=1))
    )
    enact(ready, sample)
    found = in_force(ready, NOW + timedelta(days=2))
    assert {each.source for each in found.terms.values()} == {"sample", "Hubei list"}
    assert {each.costs_source for each in found.terms.values()} == {"sample"}
    kinds = [found.programme.items[code].kind for code in found.terms]
    assert kinds.count("imaging") >= 60
    assert kinds.count("lab") >= 120
