"""A small programme, and results and orders for tests of the evaluator."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import (
    Order,
    Past,
    Result,
    Verdict,
)
from medshare.recognition.programme import (
    FacilityLevel,
    Item,
    ItemKind,
    ItemRule,
    Phase,
    Policy,
    Programme,
    QualityCertificate,
    ScopeNode,
    Window,
    WindowUnit,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
TICK = timedelta(microseconds=1)
PLAIN, ENHANCED = frozenset({Phase.PLAIN}), frozenset({Phase.ENHANCED})
ITEMS = {
    item.code: item
    for item in (
        Item("CT", ItemKind.IMAGING, "CT", "chest", phases=PLAIN),
        Item("CT-E", ItemKind.IMAGING, "CT", "chest", phases=ENHANCED),
        Item(
            "CT-PE",
            ItemKind.IMAGING,
            "CT",
            "chest",
            phases=PLAIN | ENHANCED,
            covers=frozenset({"CT", "CT-E"}),
        ),
        Item("CT-HEAD", ItemKind.IMAGING, "CT", "head", phases=PLAIN),
        Item("CT-HEAD-E", ItemKind.IMAGING, "CT", "head", phases=ENHANCED),
        Item("MR", ItemKind.IMAGING, "MR", "chest", phases=PLAIN),
        Item("KNEE", ItemKind.IMAGING, "DX", "knee", laterality=True),
        Item("ELBOW", ItemKind.IMAGING, "DX", "elbow", laterality=True),
        Item("GLU", ItemKind.LAB, specimen="serum"),
        Item("GLU-U", ItemKind.LAB, specimen="urine"),
        Item("K", ItemKind.LAB, specimen="serum"),
        Item("TNI", ItemKind.LAB, specimen="serum"),
        Item("AFP", ItemKind.LAB, specimen="serum", method_sensitive=True),
        Item("BOTH", ItemKind.LAB, components=("GLU", "K")),
    )
}
MONTH = Window(1, WindowUnit.MONTHS)
RULES = {code: ItemRule(MONTH) for code in ITEMS} | {
    "TNI": ItemRule(Window(6, WindowUnit.HOURS), rapid=True),
    "K": ItemRule(Window(7, WindowUnit.DAYS)),
}
SCOPES = {
    scope.code: scope
    for scope in (
        ScopeNode("nation", 0, contains=("region", "city")),
        ScopeNode("region", 1, contains=("city",)),
        ScopeNode("city", 3, facilities=("A", "B")),
        ScopeNode("alliance", 4, facilities=("A", "B")),
        ScopeNode("elsewhere", 2, facilities=("C",)),
    )
}


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


CERTIFICATE = QualityCertificate(
    "c1",
    "A",
    frozenset(ITEMS),
    "city",
    "City HR",
    local(2026, 1, 1),
    local(2026, 12, 31, 23, 59, 59),
)
PROGRAMME = Programme(
    Policy("p1", SHANGHAI, RULES),
    ITEMS,
    SCOPES,
    {
        "A": FacilityLevel.SECONDARY,
        "B": FacilityLevel.SECONDARY,
        "C": FacilityLevel.TERTIARY,
    },
    (CERTIFICATE,),
)
PERFORMED = local(2026, 3, 1, 9)
NOW = local(2026, 3, 2, 9)


def a_result(item: str = "CT", **changes: object) -> Result:
    return replace(Result("r1", item, PERFORMED, "A", "P"), **changes)


def an_order(item: str = "CT", **changes: object) -> Order:
    return replace(Order(item, "B", "P"), **changes)


def judged(
    *results: Result,
    order: Order | None = None,
    now: datetime = NOW,
    programme: Programme = PROGRAMME,
) -> Verdict:
    (verdict,) = evaluate(programme, Past(results), order or an_order(results[0].item), now)
    return verdict


def certified(*certificates: QualityCertificate, **policy: object) -> Programme:
    return replace(PROGRAMME, certificates=certificates, policy=replace(PROGRAMME.policy, **policy))
