"""Scopes and quality certificates as they are registered, and the rules of registering them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from medshare.kernel.errors import ConflictError, InvalidError, Issue, NotFoundError
from medshare.kernel.facts import Fact
from medshare.recognition.programme import QualityCertificate


@dataclass(frozen=True, slots=True)
class Scope:
    """A territory or alliance; facilities name the scopes that they are members of.

    Parameters
    ----------
    rank
        0 the nation, 1 a region or province, 2 ..., 3 a city, 4 an alliance.
    contains
        Codes of the scopes inside; a scope may lie in several.
    """

    code: str
    name_zh: str
    name_en: str
    rank: int
    contains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a certificate rests on: an external quality assessment, its round and the result."""

    scheme: str
    cycle: str
    score: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with what people want to know of it beyond the rule's part."""

    rule: QualityCertificate
    issuer: str
    basis: Basis
    withdrawal_reason: str = ""


@dataclass(frozen=True, slots=True)
class MarkWithdrawn(Fact):
    """A certificate was withdrawn: results of the facility from ``invalid_from`` on lost a mark."""

    kind: ClassVar[str] = "recognition.mark-withdrawn"
    certificate: str
    facility: str
    items: list[str]
    invalid_from: str

    @property
    def subject(self) -> str:
        """Keep the facts of one certificate in order."""
        return self.certificate


class CertificateUnknownError(NotFoundError):
    """There is no such certificate."""

    slug = "certificate-unknown"
    title = "There is no such certificate"
    title_zh = "没有该质量合格证明"


class CertificateTakenError(ConflictError):
    """The id stands for another certificate."""

    slug = "certificate-taken"
    title = "The certificate's id is in use with other content; choose another"
    title_zh = "该证书编号已用于其他内容，请更换"


class CertificateWithdrawnError(ConflictError):
    """The certificate was withdrawn before, and stays so."""

    slug = "certificate-withdrawn"
    title = "The certificate was withdrawn already; register a new one"
    title_zh = "该证书已撤销，请登记新证书"


class ScopeCycleError(InvalidError):
    """A scope would contain itself."""

    slug = "scope-cycle"
    title = "A scope would contain itself; remove one of its parts"
    title_zh = "区域范围出现循环包含，请移除其中一项"


SCOPE_UNKNOWN = Issue(
    "/scope",
    "scope-unknown",
    "The scope is not registered; register it first.",
    "该互认范围未登记，请先登记。",
)
ITEMS_UNKNOWN = Issue(
    "/items",
    "item-unknown",
    "An item is not managed; correct its code.",
    "有项目不在统一目录中，请更正代码。",
)
PERIOD_BACKWARDS = Issue(
    "/validTo",
    "period",
    "The period ends before it begins; correct one of its ends.",
    "有效期止早于有效期起，请更正。",
)
INVALID_BEFORE = Issue(
    "/invalidFrom",
    "look-back",
    "The look-back begins after the period of the certificate; choose an earlier instant.",
    "追溯起始时间晚于证书有效期，请填写更早的时间。",
)


def issues_of(
    certificate: QualityCertificate, scopes: Collection[str], items: Collection[str]
) -> list[Issue]:
    """Say what a certificate contradicts."""
    issues = [] if certificate.scope in scopes else [SCOPE_UNKNOWN]
    if not certificate.items <= set(items):
        issues.append(ITEMS_UNKNOWN)
    if certificate.valid_to < certificate.valid_from:
        issues.append(PERIOD_BACKWARDS)
    return issues


def has_cycle(scopes: Iterable[Scope]) -> bool:
    """Tell whether any scope contains itself, directly or through others."""
    inside: Mapping[str, tuple[str, ...]] = {each.code: each.contains for each in scopes}
    done: set[str] = set()

    def runs_back(code: str, path: frozenset[str]) -> bool:
        if code in path:
            return True
        if code in done:
            return False
        back = any(runs_back(part, path | {code}) for part in inside.get(code, ()))
        done.add(code)
        return back

    return any(runs_back(code, frozenset()) for code in inside)


def withdrawn_from(certificate: QualityCertificate, invalid_from: datetime) -> datetime:
    """Return since when a withdrawn certificate is void: never before it began.

    Raises
    ------
    InvalidError
        The certificate had ended before.
    """
    if certificate.has_ended(invalid_from):
        raise InvalidError(issues=[INVALID_BEFORE])
    return max(invalid_from, certificate.valid_from)
