"""What the page of recognition figures shows, as numbers that are already counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from medshare.recognition.explanations import CATALOGUE
from medshare.recognition.policies.model import RepeatReason, Version
from medshare.recognition.reasons import Code
from medshare.recognition.statistics.model import (
    RELIED,
    Dimension,
    Fate,
    Judged,
    Question,
    Rate,
    ReasonCount,
    grouped,
)
from medshare.recognition.statistics.savings import Amounts, Proof
from medshare.viewer.consoles.charts import (
    BarChart,
    DayChart,
    Measure,
    Series,
    bar_chart,
    stacked_chart,
)
from medshare.viewer.figures import number
from medshare.viewer.shown import local_day
from medshare.viewer.words import Language, Translate

HEATS = 4
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Flow:
    """What a hospital made of another's results.

    Parameters
    ----------
    heat
        0 where nothing was recognised, 4 where most was: how dark the cell is.
    """

    recognised: int
    usable: int
    heat: int = 0


@dataclass(frozen=True, slots=True)
class FlowMatrix:
    """Who recognised whose results: a row a receiving hospital, a column a source."""

    receivers: Sequence[str]
    sources: Sequence[str]
    cells: Mapping[tuple[str, str], Flow]
    by_receiver: Mapping[str, Flow]
    by_source: Mapping[str, Flow]


@dataclass(frozen=True, slots=True)
class Days:
    """What became of the results that were asked about on each day."""

    days: Sequence[date]
    counts: Mapping[date, Mapping[Fate, int]]

    @property
    def busy(self) -> Sequence[date]:
        """Return the days on which anything was asked, the newest first."""
        return [each for each in reversed(self.days) if self.counts.get(each)]


def flow_matrix(judged: Iterable[Judged]) -> FlowMatrix:
    """Count who recognised whose results, whole or in part, and how many were usable."""
    all_of_them = list(judged)
    pairs = _flows(all_of_them, Dimension.FACILITY, Dimension.SOURCE_FACILITY)
    most = max((each.recognised for each in pairs.values()), default=0)
    cells = {
        (receiver, source): Flow(each.recognised, each.usable, _heat(each.recognised, most))
        for (receiver, source), each in pairs.items()
    }
    by_receiver = _flows(all_of_them, Dimension.FACILITY)
    by_source = _flows(all_of_them, Dimension.SOURCE_FACILITY)
    return FlowMatrix(
        [code for (code,) in by_receiver],
        [code for (code,) in by_source],
        cells,
        {code: flow for (code,), flow in by_receiver.items()},
        {code: flow for (code,), flow in by_source.items()},
    )


def _flows(judged: Sequence[Judged], *by: Dimension) -> dict[tuple[str, ...], Flow]:
    return {
        names: Flow(sum(each.fate in RELIED for each in group), len(group))
        for names, group in grouped(judged, *by).items()
    }


def _heat(count: int, most: int) -> int:
    """Return a step of 1 to 4 by the share of the greatest count, 0 for nothing."""
    return -(-count * HEATS // most) if most else 0


def days_of(judged: Iterable[Judged], question: Question, zone: ZoneInfo) -> Days:
    """Part what became of the results by a zone's days on which it was asked."""
    first = local_day(question.since, zone)
    last = local_day(question.until - timedelta(microseconds=1), zone)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    counts: dict[date, Counter[Fate]] = {}
    for each in judged:
        counts.setdefault(local_day(each.chance.asked_at, zone), Counter())[each.fate] += 1
    return Days(days, counts)


def days_chart(days: Days, t: Translate) -> DayChart:
    """Draw the days as columns of what became of the results."""
    series = [
        Series(t(f"fate.{fate}"), [days.counts.get(each, {}).get(fate, 0) for each in days.days])
        for fate in Fate
    ]
    return stacked_chart(days.days, series)


def rates_chart(rates: Sequence[Rate], language: Language) -> BarChart:
    """Draw rates as bars of the whole."""
    return bar_chart(
        [
            Measure(
                language.choose(each.definition.zh, each.definition.en), each.value, percent(each)
            )
            for each in rates
        ],
        full=1,
    )


def percent(rate: Rate) -> str:
    """Write a rate in percent; a dash where nothing stands below the line."""
    return NOTHING if rate.value is None else f"{rate.value * 100:.1f} %"


def reasons_chart(
    reasons: Sequence[ReasonCount], names: Mapping[str, RepeatReason], language: Language
) -> BarChart:
    """Draw how often each reason was given."""
    return bar_chart(
        [
            Measure(reason_name(each.reason, names, language), each.count, str(each.count))
            for each in reasons
        ]
    )


def reason_name(code: str, names: Mapping[str, RepeatReason], language: Language) -> str:
    """Return what a reason is called in its policy, its code where no policy has it."""
    known = names.get(code)
    return language.choose(known.zh, known.en) if known else code or NOTHING


def reasons_of_versions(versions: Iterable[Version]) -> Mapping[str, RepeatReason]:
    """Return the reasons of versions by their code, as the newest one names them."""
    return {reason.code: reason for each in versions for reason in each.content.reasons}


def verdict_reason(code: str, language: Language) -> str:
    """Return what a reason of a verdict says."""
    reason = CATALOGUE[Code(code)]
    return language.choose(reason.zh, reason.en)


def savings_chart(sums: Mapping[Proof, Amounts], t: Translate) -> BarChart:
    """Draw the money that was claimed, by how far it is proven."""
    return bar_chart(
        [
            Measure(t(f"proof.{proof}"), amounts.yuan, number(round(amounts.yuan, 2)))
            for proof, amounts in sums.items()
        ]
    )
