"""What is kept of an evaluation gives the same verdicts again; when an amendment matters."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medshare.exams.model import Coding, Stamp
from medshare.exams.reports import (
    Language,
    Observation,
    ReportDraft,
    ReportStatus,
    ReportText,
    Signer,
)
from medshare.recognition.evaluations import answers
from medshare.recognition.evaluations.model import SnapshotDamagedError, judge
from medshare.recognition.evaluations.snapshot import Snapshot, narrowed, pack, unpack
from medshare.recognition.model import Order
from medshare.recognition.reliance.model import is_significant
from medshare.recognition.scenario_files import Scenario, read_scenarios
from tests.site import NOW

FILE = Path(__file__).with_name("recognition_scenarios.json")
SCENARIOS = [
    each
    for each in read_scenarios(json.loads(FILE.read_text(encoding="utf-8")))
    if isinstance(each.when.order, Order)
]
SIGNED = Stamp(NOW, "2026-11-20T10:00:00+08:00")
K = Coding("urn:medshare:item", "LAB-K")
DRAFT = ReportDraft(
    ReportStatus.FINAL,
    Signer("d-1", "测试医师"),
    SIGNED,
    texts=(ReportText(Language.CHINESE, "双肺纹理清晰。", "未见异常。"),),
    observations=(Observation(K, 4.1, unit="mmol/l", ucum="mmol/L"),),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_what_is_kept_of_an_evaluation_gives_the_same_verdicts(scenario: Scenario) -> None:
    world, order = scenario.world, scenario.when.order
    assert isinstance(order, Order)
    given = judge(world.programme, world.past, order, scenario.when.now)
    programme = narrowed(world.programme, world.past, order)

    kept = unpack(pack(Snapshot(programme, world.past, order, scenario.when.now)))

    assert judge(kept.programme, kept.past, kept.order, kept.now) == given
    assert answers.unpack(answers.pack(given, ()))[0] == given


def test_what_only_an_emergency_showed_is_kept() -> None:
    scenario = SCENARIOS[0]
    world, order = scenario.world, scenario.when.order
    assert isinstance(order, Order)
    past = replace(world.past, behind_glass=frozenset(each.id for each in world.past.results))
    kept = unpack(pack(Snapshot(world.programme, past, order, scenario.when.now)))
    assert kept.past.behind_glass == past.behind_glass != frozenset()


@pytest.mark.parametrize("packed", [b"", b"x", pack.__doc__.encode() if pack.__doc__ else b""])
def test_what_is_no_snapshot_is_said_to_be_damaged(packed: bytes) -> None:
    with pytest.raises(SnapshotDamagedError):
        unpack(packed)


def test_another_impression_or_value_matters_and_other_words_do_not() -> None:
    (text,), (observation,) = DRAFT.texts, DRAFT.observations

    def amended(**changes: object) -> bool:
        return is_significant(DRAFT, replace(DRAFT, **changes))

    assert amended(texts=(replace(text, impression="右肺结节。"),))
    assert amended(observations=(replace(observation, value=2.1),))
    assert amended(observations=())
    assert not amended(texts=(replace(text, findings="双肺野清晰。"),))
    assert not amended(texts=(replace(text, impression=" 未见异常。 "),))
    assert not amended(observations=(replace(observation, unit="mmol/L"),))
    assert not amended(author=Signer("d-9", "测试主任"))
