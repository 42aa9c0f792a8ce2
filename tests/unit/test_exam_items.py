from datetime import UTC, datetime
from typing import Any

from medshare.exams.items import MODALITIES, Item, issues_of_order, packaged_items
from medshare.exams.model import (
    Coding,
    Details,
    ExamKind,
    ExamOrder,
    ExamStatus,
    Laterality,
    Stamp,
    is_own_system,
)
from medshare.kernel.identifiers import FacilityCode, PatientId

HERE = FacilityCode("SZ-A")
KNEE = Item("DX-KNEE", ExamKind.IMAGING, "膝", "Knee", "DX", "KNEE", laterality_required=True)
CT = Item("CT-CHEST-PLAIN", ExamKind.IMAGING, "胸", "Chest", "CT", "CHEST")
LAB = Item("LAB-K", ExamKind.LABORATORY, "钾", "Potassium")


def an_order(
    item: Item, *, kind: ExamKind | None = None, side: Laterality | None = None, **more: Any
) -> ExamOrder:
    return ExamOrder(
        accession_number="1",
        kind=kind or item.kind,
        item=Coding(more.pop("system", "urn:medshare:item"), item.code),
        happened=Stamp(datetime(2026, 11, 20, tzinfo=UTC), ""),
        patient=PatientId("p"),
        details=Details(ExamStatus.COMPLETED, laterality=side),
        **more,
    )


def codes(order: ExamOrder, item: Item | None) -> list[str]:
    return [each.code for each in issues_of_order(order, item, HERE)]


def test_the_packaged_items_are_whole() -> None:
    items = packaged_items()
    assert len({each.code for each in items}) == len(items) > 60
    for each in items:
        assert each.name_zh
        assert each.name_en
        if each.kind is ExamKind.IMAGING:
            assert each.modality in MODALITIES
            assert each.body_site
        else:
            assert not each.modality
            assert not each.laterality_required


def test_the_items_of_recognition_are_managed() -> None:
    wanted = """
        CT-CHEST-PLAIN CT-CHEST-ENH CT-CHEST-PLAIN-ENH CT-HEAD-PLAIN DX-KNEE US-ABD PANEL-LIPID
        LAB-GLU LAB-K LAB-HBA1C LAB-TNI LAB-AFP LAB-TC LAB-TG LAB-HDL LAB-LDL
    """
    assert set(wanted.split()) <= {each.code for each in packaged_items()}


def test_an_order_that_agrees_with_its_item_has_no_issue() -> None:
    assert codes(an_order(CT), CT) == []
    assert codes(an_order(CT, modality="CT"), CT) == []
    assert codes(an_order(LAB), LAB) == []
    assert codes(an_order(KNEE, side=Laterality.LEFT, modality="CR"), KNEE) == []


def test_an_order_that_contradicts_its_item_is_told_all_of_it() -> None:
    assert codes(an_order(KNEE, modality="CT"), KNEE) == [
        "laterality-required",
        "modality-mismatch",
    ]
    assert codes(an_order(CT, modality="MR"), CT) == ["modality-mismatch"]
    assert codes(an_order(LAB, kind=ExamKind.IMAGING), LAB) == ["time-kind"]
    assert codes(an_order(LAB, modality="CT"), LAB) == ["modality-not-applicable"]


def test_a_code_is_managed_or_the_facilitys_own() -> None:
    assert codes(an_order(CT), None) == ["item-unknown"]
    assert codes(an_order(CT, system="urn:medshare:local:SZ-A"), None) == []
    for system in ("urn:medshare:local:SZ-B", "urn:medshare:local:", "http://loinc.org"):
        assert codes(an_order(CT, system=system), None) == ["item-system-unknown"]


def test_a_results_code_may_be_of_any_system_but_another_facilitys() -> None:
    assert is_own_system("http://loinc.org", HERE)
    assert is_own_system("urn:medshare:local:SZ-A", HERE)
    assert not is_own_system("urn:medshare:local:SZ-B", HERE)
