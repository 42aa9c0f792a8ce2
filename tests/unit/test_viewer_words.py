"""Every word of the pages stands in every language, and none is left over."""

import re
from pathlib import Path
from string import Formatter

import pytest

from medshare.access.model import Role
from medshare.audit.anomalies.model import AnomalyOutcome, Rule
from medshare.audit.model import ExportFormat
from medshare.care.break_glass.model import GlassOutcome, GlassReason
from medshare.care.consents.model import GivenBy, Provision
from medshare.exams.model import ExamStatus, Laterality
from medshare.exams.reports import Flag, ReportStatus
from medshare.facilities.model import CharsetPolicy
from medshare.imaging.cases import QuarantineStatus, WhyUnresolved
from medshare.imaging.model import Verdict
from medshare.jobs.model import JobState
from medshare.kernel.audit import AuditAction, AuditOutcome, AuditPhase
from medshare.kernel.principal import PrincipalKind, PurposeOfUse
from medshare.patients.links.model import ActKind
from medshare.patients.matching.decide import Grade
from medshare.patients.matching.doubts import Doubt
from medshare.patients.matching.levels import Field, Level
from medshare.patients.model import Outcome as LinkOutcome
from medshare.patients.model import Reason, Sex
from medshare.patients.reviews.model import ReviewDecision, ReviewState
from medshare.recognition.catalogue.model import CardMode
from medshare.recognition.decisions.model import ExplanationMethod
from medshare.recognition.defects.model import DefectKind, DefectOutcome
from medshare.recognition.model import Outcome, Tier
from medshare.recognition.programme import CertificateAnchor, LevelRule, WindowUnit
from medshare.recognition.reliance.model import Cause
from medshare.recognition.statistics.model import Fate
from medshare.recognition.statistics.savings import Proof
from medshare.viewer.banner import AgeUnit
from medshare.viewer.consoles.changes import SOURCES
from medshare.viewer.consoles.comparison import Agreement, Direction, Trait
from medshare.viewer.consoles.entries import BASES, COUNTS, THINGS
from medshare.viewer.consoles.registers import SPECIMENS, Standing
from medshare.viewer.navigation import PLACES
from medshare.viewer.timeline import Region
from medshare.viewer.words import SCRIPT_PREFIX, Language, catalogue, translator

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "medshare" / "viewer"
SCRIPTS = ROOT / "viewer" / "src"
CALL = re.compile(r"""\bt\(\s*["']([a-z0-9.-]+)["']\s*[,)]""")
# Keys that are put together of a family's name and a value: all values have their words.
FAMILY = re.compile(
    r"""\bt\(\s*(?:["']([a-z0-9.-]+\.)["']\s*~|f"([a-z0-9.-]+\.){|`([a-z0-9.-]+\.)\${)"""
)
TOOLS = {"scroll", "window", "pan", "zoom", "length", "ellipse"}
BUTTONS = [
    "invert",
    "reset",
    "cine",
    "key-image",
    "next-key-image",
    "compare",
    "link",
    "mpr",
    "remove",
    "zoom-in",
    "zoom-out",
]
KEYS = [
    "next",
    "previous",
    "pan",
    "forward",
    "back",
    "first",
    "last",
    "preset",
    "wider",
    "narrower",
    "brighter",
    "darker",
    "measure",
    "series",
    "other-pane",
]
TERMS = {
    *("programme", "scope", "effectiveFrom", "timeZone"),
    *("certificateAnchor", "levelRule", "clockSkewMinutes"),
    *("window", "rapid", "cardMode", "source", "priceYuan", "minutes", "mSv", "costsSource"),
    *("code", "zh", "en", "parent", "needsText", "opensDefect", "defect"),
}
COMMANDS = {*BUTTONS, *(f"tool-{each}" for each in TOOLS)}
FAMILIES: dict[str, set[str]] = {
    "act.": set(ActKind),
    "agreement.": set(Agreement),
    "anchor.": set(CertificateAnchor),
    "card-mode.": set(CardMode),
    "level-rule.": set(LevelRule),
    "policy-source.": set(SOURCES),
    "policy-term.": TERMS,
    "window.": {f"{count}{unit}" for unit in WindowUnit for count in ("", "one-")},
    "direction.": set(Direction),
    "document.": {"report", "waveform", "pdf", "cda"},
    "charset.": set(CharsetPolicy),
    "defect-kind.": set(DefectKind),
    "defect-outcome.": set(DefectOutcome),
    "fate.": set(Fate),
    "job-state.": set(JobState),
    "role.": set(Role),
    "policy-standing.": set(Standing),
    "proof.": set(Proof),
    "doubt.": set(Doubt),
    "evidence-field.": set(Field),
    "grade.": set(Grade),
    "level.": set(Level),
    "link-outcome.": set(LinkOutcome),
    "link-reason.": set(Reason),
    "quarantine-means.": set(Verdict) - {Verdict.NEW, Verdict.KNOWN},
    "quarantine-status.": set(QuarantineStatus),
    "quarantine-why.": set(Verdict) - {Verdict.NEW, Verdict.KNOWN},
    "review-decision.": set(ReviewDecision),
    "review-state.": set(ReviewState),
    "trait.": set(Trait),
    "unresolved-why.": set(WhyUnresolved),
    "banner.age.": set(AgeUnit),
    "actor-kind.": set(PrincipalKind),
    "anomaly-outcome.": set(AnomalyOutcome),
    "anomaly-rule.": set(Rule),
    "audit-action.": set(AuditAction),
    "audit-basis.": set(BASES),
    "audit-count.": set(COUNTS),
    "audit-thing.": set(THINGS),
    "audit-export.": set(ExportFormat),
    "audit-export-is.": set(ExportFormat),
    "audit-outcome.": set(AuditOutcome),
    "audit-phase.": set(AuditPhase),
    "audit-purpose.": set(PurposeOfUse),
    "banner.sex.": {*Sex},
    "exam-status.": set(ExamStatus),
    "explained.": set(ExplanationMethod),
    "flag.": set(Flag) - {Flag.NORMAL},
    "given-by.": set(GivenBy),
    "provision.": set(Provision),
    "glass-outcome.": set(GlassOutcome),
    "glass-reason.": set(GlassReason),
    "laterality.": set(Laterality),
    "outcome.": set(Outcome) - {Outcome.OVERLOOKED},
    "period.": {"30", "180", "365", "1095"},
    "region.": set(Region),
    "report-notice.": set(ReportStatus) - {ReportStatus.FINAL},
    "report-status.": set(ReportStatus),
    "tier.": set(Tier),
    "standing.": set(Tier),
    "specimen.": set(SPECIMENS),
    "script.alert-cause.": set(Cause),
    "images.command.": COMMANDS,
    "images.mouse.": {"primary", "secondary", "auxiliary"},
    "script.images.command.": {*COMMANDS, *KEYS},
    "script.images.mpr.": {"modality", "slices", "spacing", "webgl"},
    "script.images.plane.": {"axial", "sagittal", "coronal"},
    "script.images.tool.": TOOLS,
    "script.images.window.": {"lung", "mediastinum", "bone", "brain", "abdomen"},
}


def texts(directory: Path, suffix: str) -> str:
    return "\n".join(each.read_text(encoding="utf-8") for each in directory.rglob(f"*{suffix}"))


def keys_used() -> set[str]:
    used = set(CALL.findall(texts(PAGES, ".html"))) | {each.key for each in PLACES}
    used |= set(CALL.findall(texts(PAGES, ".py")))
    used |= {SCRIPT_PREFIX + key for key in CALL.findall(texts(SCRIPTS, ".ts"))}
    return used | {family + value for family, values in FAMILIES.items() for value in values}


def places(words: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(words) if name}


@pytest.mark.parametrize("language", Language)
def test_what_the_pages_say_is_what_the_catalogue_has(language: Language) -> None:
    assert keys_used() == set(catalogue(language))


def families(text: str) -> set[str]:
    return {"".join(each) for each in FAMILY.findall(text)}


def test_every_family_of_keys_is_known() -> None:
    found = families(texts(PAGES, ".html")) | families(texts(PAGES, ".py"))
    found |= {SCRIPT_PREFIX + each for each in families(texts(SCRIPTS, ".ts"))}
    assert found == set(FAMILIES)


def test_a_sentence_takes_the_same_values_in_every_language() -> None:
    for key, words in catalogue(Language.ENGLISH).items():
        assert places(words) == places(catalogue(Language.CHINESE)[key]), key
        assert words.strip(), key


def test_chinese_words_are_chinese_and_english_words_are_not() -> None:
    own_names = {"base.other-language"}
    han = re.compile(r"[\u4e00-\u9fff]")
    for key in catalogue(Language.ENGLISH).keys() - own_names:
        assert not han.search(catalogue(Language.ENGLISH)[key]), key
        assert han.search(catalogue(Language.CHINESE)[key]), key


MARKUP = re.compile(
    r"{% block layout %}.*?{% endblock %}|{#.*?#}|{{.*?}}|{%.*?%}|<[^>]*>", re.DOTALL
)


def test_templates_hold_no_words_of_their_own() -> None:
    for template in (PAGES / "templates").rglob("*.html"):
        text = MARKUP.sub(" ", template.read_text(encoding="utf-8"))
        left = set(re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]", text)) - {"medshare"}
        assert not left, (template.name, left)


def test_words_have_no_way_to_the_values_insides() -> None:
    assert translator(Language.ENGLISH)("base.help") == "Help"
    for language in Language:
        for words in catalogue(language).values():
            assert all(name.isidentifier() for name in places(words)), words
