"""Time one evaluation at order time: an order against a patient's 200 existing results.

Run ``python -m benchmarks.recognition``. The results are of items that all have to do with the
order, so that every check is made of each; the register holds a certificate for each of 500
facilities. The goal is 5 ms at the median.
"""

import statistics
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import Order, Past, Result, Status
from medshare.recognition.programme import (
    FacilityLevel,
    Item,
    ItemKind,
    ItemRule,
    LevelRule,
    Phase,
    Policy,
    Programme,
    QualityCertificate,
    ScopeNode,
    Window,
    WindowUnit,
)

PRIORS = 200
FACILITIES = 500
ROUNDS = 200
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 10, tzinfo=ZONE)


def a_programme() -> Programme:
    plain = Item("CT", ItemKind.IMAGING, "CT", "chest", phases=frozenset({Phase.PLAIN}))
    head = Item("CT-HEAD", ItemKind.IMAGING, "CT", "head", phases=frozenset({Phase.PLAIN}))
    names = tuple(f"F{number}" for number in range(FACILITIES))
    year = timedelta(days=365)
    return Programme(
        Policy(
            "bench",
            ZONE,
            {"CT": ItemRule(Window(1, WindowUnit.MONTHS))},
            level_rule=LevelRule.SAME_OR_HIGHER,
        ),
        {item.code: item for item in (plain, head)},
        {
            "province": ScopeNode("province", 2, contains=("city",)),
            "city": ScopeNode("city", 3, facilities=names),
        },
        dict.fromkeys(names, FacilityLevel.TERTIARY),
        tuple(
            QualityCertificate(
                f"c-{name}", name, frozenset({"CT"}), "province", "HR", NOW - year, NOW + year
            )
            for name in names
        ),
    )


def a_past() -> Past:
    statuses = list(Status)
    return Past(
        tuple(
            Result(
                f"r{number}",
                "CT-HEAD" if number % 5 == 0 else "CT",
                NOW - timedelta(hours=9 * number),
                f"F{number % FACILITIES}",
                "P",
                statuses[number % len(statuses)],
            )
            for number in range(PRIORS)
        )
    )


def main() -> None:
    programme, past, order = a_programme(), a_past(), Order("CT", "F1", "P")
    taken_ms = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        verdicts = evaluate(programme, past, order, NOW)
        taken_ms.append((time.perf_counter() - start) * 1000)
    print(f"ms per evaluation of {len(verdicts)} results, {ROUNDS} rounds")
    print(f"median {statistics.median(taken_ms):.2f}  min {min(taken_ms):.2f}  ", end="")
    print(f"p95 {statistics.quantiles(taken_ms, n=20)[-1]:.2f}  max {max(taken_ms):.2f}")


if __name__ == "__main__":
    main()
