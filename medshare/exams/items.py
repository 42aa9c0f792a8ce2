"""The managed list of items: what can be examined, under which code, on which machine.

The list is data (``items.csv`` beside this module, for a start) and grows without a release;
what the items mean for recognition is recognition's matter.
"""

import csv
from dataclasses import dataclass, replace
from importlib.resources import files

from medshare.exams.model import LOCAL_ITEMS, MANAGED_ITEMS, ExamKind, ExamOrder, time_name
from medshare.kernel.errors import Issue
from medshare.kernel.identifiers import FacilityCode

# DICOM PS3.3 section C.7.3.1.1.1: the defined terms of Modality (0008,0060), retired ones left out.
_MODALITIES = """
    ANN AR ASMT AU BDUS BI BMD CFM CR CT CTPROTOCOL DG DMS DOC DX ECG EEG EMG EOG EPS ES FID GM HC
    HD IO IOL IVOCT IVUS KER KO LEN LS M3D MG MR NM OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS OT PA
    PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN
    RTSTRUCT RWV SEG SM SMR SR SRF STAIN TEXTUREMAP TG US VA XA XAPROTOCOL XC
"""
MODALITIES = frozenset(_MODALITIES.split())
# Cassettes and flat panels make the same radiograph, and hospitals have both.
_RADIOGRAPHY = frozenset({"CR", "DX"})

ITEM_UNKNOWN = Issue(
    "/item/code",
    "item-unknown",
    "The code is not in the managed list; send one that is, or the facility's own code under"
    " urn:medshare:local: and its facility code.",
    "项目代码不在统一目录中；请填写目录内代码，"
    "或以 urn:medshare:local: 加机构代码为体系填写本院代码。",
)
ITEM_SYSTEM = Issue(
    "/item/system",
    "item-system-unknown",
    "Send urn:medshare:item, or urn:medshare:local: and the own facility code.",
    "请使用 urn:medshare:item，或 urn:medshare:local: 加本机构代码。",
)
TIME_MISMATCH = Issue(
    "",
    "time-kind",
    "Send performedAt for an imaging item and collectedAt for a laboratory item.",
    "影像检查请填写 performedAt，检验项目请填写 collectedAt。",
)
LATERALITY_REQUIRED = Issue(
    "/laterality",
    "laterality-required",
    "The item is of a paired body part; send left, right or bilateral.",
    "该项目涉及成对部位，请填写 left、right 或 bilateral。",
)
MODALITY_MISMATCH = Issue(
    "/modality",
    "modality-mismatch",
    "The modality is not the item's; correct one of the two, or leave the modality out.",
    "检查设备类型与项目不符，请更正其一，或省略设备类型。",
)
MODALITY_NOT_FOR_LABORATORY = Issue(
    "/modality",
    "modality-not-applicable",
    "A laboratory test has no modality; leave it out.",
    "检验项目没有设备类型，请省略该字段。",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One managed item; ``modality`` and ``body_site`` are empty for laboratory tests."""

    code: str
    kind: ExamKind
    name_zh: str
    name_en: str
    modality: str = ""
    body_site: str = ""
    laterality_required: bool = False


@dataclass(frozen=True, slots=True)
class LocalUse:
    """A facility's own code, and how many of its exams bear it."""

    facility: str
    system: str
    code: str
    display: str
    exams: int


def packaged_items() -> list[Item]:
    """Read the list that comes with this release."""
    text = (files(__package__ or "") / "items.csv").read_text(encoding="utf-8")
    return [
        Item(
            code=row["code"],
            kind=ExamKind(row["kind"]),
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            modality=row["modality"],
            body_site=row["body_site"],
            laterality_required=row["laterality_required"] == "true",
        )
        for row in csv.DictReader(text.splitlines())
    ]


def issues_of_order(order: ExamOrder, item: Item | None, facility: FacilityCode) -> list[Issue]:
    """Say what an order and its item contradict each other in.

    Parameters
    ----------
    item
        The managed item of the order's code, if there is one.
    facility
        Who sends the order, and may use its own codes.
    """
    issues = []
    if order.item.system not in (MANAGED_ITEMS, LOCAL_ITEMS + facility):
        issues.append(ITEM_SYSTEM)
    elif order.item.system == MANAGED_ITEMS and item is None:
        issues.append(ITEM_UNKNOWN)
    if order.kind is ExamKind.LABORATORY and order.modality:
        issues.append(MODALITY_NOT_FOR_LABORATORY)
    return issues + (_contradictions(order, item) if item else [])


def _contradictions(order: ExamOrder, item: Item) -> list[Issue]:
    if item.kind is not order.kind:
        return [replace(TIME_MISMATCH, pointer="/" + time_name(order.kind))]
    issues = []
    if item.laterality_required and order.details.laterality is None:
        issues.append(LATERALITY_REQUIRED)
    if order.modality and item.modality and not _is_same(order.modality, item.modality):
        issues.append(MODALITY_MISMATCH)
    return issues


def _is_same(sent: str, managed: str) -> bool:
    return sent == managed or {sent, managed} <= _RADIOGRAPHY
