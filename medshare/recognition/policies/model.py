"""Policy versions: their document, its hash, and how a draft comes into force."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import orjson

from medshare.kernel.errors import ConflictError, InvalidError, Issue, NotFoundError
from medshare.recognition import documents as form
from medshare.recognition.catalogue.model import CardMode
from medshare.recognition.defects.model import DefectKind
from medshare.recognition.documents import Node, ScenarioFileError, listed, mapped, one_of, record
from medshare.recognition.programme import (
    CLOCK_SKEW_MINUTES,
    CertificateAnchor,
    ItemRule,
    LevelRule,
    Policy,
)

HASH_LENGTH = 64
_LONGEST_SKEW = 60


class PolicyStatus(StrEnum):
    """A draft binds nobody; an enacted version binds from its effective date."""

    DRAFT = "draft"
    ENACTED = "enacted"


@dataclass(frozen=True, slots=True)
class RepeatReason:
    """Why a doctor may repeat an examination all the same.

    Parameters
    ----------
    parent
        The national reason that it counts as in statistics; empty for a national one.
    needs_text
        Whether the doctor has to say it in words too.
    opens_defect
        Whether it says that the offer was wrong, and opens a case of a matching defect.
    defect
        Who has to look into that case.
    """

    code: str
    zh: str
    en: str
    parent: str = ""
    needs_text: bool = False
    opens_defect: bool = False
    defect: DefectKind = DefectKind.MAPPING

    @property
    def counted_as(self) -> str:
        """Return the national reason that it is counted under: its parent, or itself."""
        return self.parent or self.code


@dataclass(frozen=True, slots=True)
class ReasonSet:
    """The reasons of a version, in the order in which they are offered.

    Parameters
    ----------
    id
        The content hash of the version, so that a decision tells which set it chose from.
    """

    id: str
    reasons: tuple[RepeatReason, ...]

    def find(self, code: str) -> RepeatReason | None:
        """Return a reason by its code."""
        return next((each for each in self.reasons if each.code == code), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a programme says of an item beside the rule.

    Parameters
    ----------
    source
        Where the window comes from, ``sample`` where nothing published stands behind it.
    price_yuan, minutes, msv
        What one more costs: money, the patient's time, effective dose.
    costs_source
        Where these three come from, likewise.
    """

    source: str
    card_mode: CardMode = CardMode.INFORMATIVE
    price_yuan: float = 0
    minutes: int = 0
    msv: float = 0
    costs_source: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a policy document says."""

    policy: Policy
    programme: str
    scope: str
    effective_from: datetime
    terms: Mapping[str, Terms]
    reasons: tuple[RepeatReason, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a programme's policy: a document that never changes, and who stands for it.

    Parameters
    ----------
    text
        The document as canonical JSON: keys sorted, no white space, UTF-8.
    content_hash
        SHA-256 of ``text``, in hexadecimal.
    """

    id: str
    text: str
    content_hash: str
    effective_from: datetime
    drafted_by: str
    drafted_at: datetime
    enacted_by: str | None = None
    enacted_at: datetime | None = None

    @property
    def status(self) -> PolicyStatus:
        """Return whether anybody is bound by it."""
        return PolicyStatus.DRAFT if self.enacted_at is None else PolicyStatus.ENACTED

    @property
    def content(self) -> Content:
        """Read the document."""
        return read_content(orjson.loads(self.text), self.id)


class PolicyDocumentError(InvalidError):
    """A policy document is not of the form; the issues name the places."""

    slug = "policy-document"
    title = "The policy document does not have the required form"
    title_zh = "互认政策文件格式不正确"


class PolicyUnknownError(NotFoundError):
    """There is no such version."""

    slug = "policy-unknown"
    title = "There is no such policy version"
    title_zh = "没有该政策版本"


class NoPolicyInForceError(ConflictError):
    """No enacted policy is effective at the instant."""

    slug = "no-policy-in-force"
    title = "No recognition policy is in force; ask the programme's office to enact one"
    title_zh = "尚无生效的互认政策，请联系管理部门颁布"


class PolicyEnactedError(ConflictError):
    """The version is enacted already."""

    slug = "policy-enacted"
    title = "The version is enacted already; draft a new one to change the rules"
    title_zh = "该政策版本已颁布；如需更改规则，请起草新版本"


class SamePersonError(ConflictError):
    """Who drafted a version cannot enact it."""

    slug = "two-people-required"
    title = "A draft is enacted by another person than the one who drafted it"
    title_zh = "政策须由起草人以外的人员颁布"


class RetroactiveError(ConflictError):
    """The version would change what was decided before, or what is announced."""

    slug = "policy-retroactive"
    title = "The effective date lies before now or the last enacted one; draft with a later date"
    title_zh = "生效日期早于当前时间或最近颁布版本的生效日期，请以更晚的生效日期重新起草"


def canonical(document: object) -> str:
    """Return a document as canonical JSON."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


def hash_of(text: str) -> str:
    """Return the content hash of a canonical document."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_content(document: object, version_id: str) -> Content:
    """Read a policy document.

    Raises
    ------
    PolicyDocumentError
        A key is missing, unknown or of another kind; the issue points at it.
    """
    try:
        return record(lambda node: _content(node, version_id))(document, "")
    except ScenarioFileError as error:
        raise PolicyDocumentError(issues=error.issues) from None


def _content(node: Node, version_id: str) -> Content:
    items = node.take("items", mapped(record(_item)))
    reasons = node.take("reasons", listed(record(_reason)))
    skew = node.take("clockSkewMinutes", form.integer, CLOCK_SKEW_MINUTES)
    policy = Policy(
        version_id,
        node.take("timeZone", form.zone),
        {code: rule for code, (rule, _) in items.items()},
        node.take("certificateAnchor", one_of(CertificateAnchor), CertificateAnchor.PERFORMED),
        node.take("levelRule", one_of(LevelRule), None),
        timedelta(minutes=skew),
    )
    _check(reasons, skew)
    return Content(
        policy,
        node.take("programme", form.text),
        node.take("scope", form.text),
        node.take("effectiveFrom", form.instant),
        {code: terms for code, (_, terms) in items.items()},
        reasons,
    )


def _item(node: Node) -> tuple[ItemRule, Terms]:
    rule = ItemRule(node.take("window", form.window), node.take("rapid", form.flag, default=False))
    terms = Terms(
        node.take("source", form.text),
        node.take("cardMode", one_of(CardMode), CardMode.INFORMATIVE),
        node.take("priceYuan", _amount, 0),
        node.take("minutes", form.integer, 0),
        node.take("mSv", _amount, 0),
        node.take("costsSource", form.text, ""),
    )
    return rule, terms


def _reason(node: Node) -> RepeatReason:
    return RepeatReason(
        node.take("code", form.text),
        node.take("zh", form.text),
        node.take("en", form.text),
        node.take("parent", form.text, ""),
        node.take("needsText", form.flag, default=False),
        node.take("opensDefect", form.flag, default=False),
        node.take("defect", one_of(DefectKind), DefectKind.MAPPING),
    )


def _amount(value: object, pointer: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise form.fail(pointer, "not-an-amount", "Write a number from 0 on.", "应为非负数。")
    return float(value)


def _check(reasons: tuple[RepeatReason, ...], skew: int) -> None:
    issues = []
    if not 0 <= skew <= _LONGEST_SKEW:
        issues.append(
            Issue("/clockSkewMinutes", "range", "Write 0 to 60 minutes.", "应为 0 至 60 分钟。")
        )
    codes = [each.code for each in reasons]
    if len(set(codes)) < len(codes):
        issues.append(
            Issue("/reasons", "duplicate", "A code stands twice; keep one.", "原因代码重复。")
        )
    national = {each.code for each in reasons if not each.parent}
    for number, reason in enumerate(reasons):
        if reason.parent and reason.parent not in national:
            issues.append(
                Issue(
                    f"/reasons/{number}/parent",
                    "parent-unknown",
                    "Name a reason of this list that has no parent itself.",
                    "请填写本列表中的一级原因代码。",
                )
            )
    if issues:
        raise PolicyDocumentError(issues=issues)


def check_enactment(version: Version, by: str, now: datetime, latest: datetime | None) -> None:
    """Hold an enactment to its rules.

    Parameters
    ----------
    latest
        The latest effective date of those enacted, ``None`` before the first.

    Raises
    ------
    PolicyEnactedError, SamePersonError, RetroactiveError
        It cannot be.
    """
    if version.status is PolicyStatus.ENACTED:
        raise PolicyEnactedError
    if by == version.drafted_by:
        raise SamePersonError
    if version.effective_from < max(now, latest or now):
        raise RetroactiveError


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in which two documents differ, by JSON pointer; ``None`` where it is missing."""

    pointer: str
    before: object
    after: object


def differences(before: object, after: object, pointer: str = "") -> list[Difference]:
    """Say in which places two documents differ, in the order of their pointers."""
    if before == after:
        return []
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [Difference(pointer, before, after)]
    return [
        difference
        for key in sorted(before.keys() | after.keys())
        for difference in differences(before.get(key), after.get(key), f"{pointer}/{key}")
    ]
