"""Which quality mark a result bears at the receiver, or why none does."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from medshare.recognition.explanations import because
from medshare.recognition.programme import (
    CertificateAnchor,
    QualityCertificate,
    ScopeNode,
    Withdrawal,
)
from medshare.recognition.reasons import Code, Reason

# Which of several certificates' faults is told: the first that any of them has.
_FAULTS = (Code.MARK_WITHDRAWN, Code.OUTSIDE_SCOPE, Code.MARK_NOT_IN_FORCE)


def anchors(
    anchor: CertificateAnchor, performed_at: datetime, now: datetime
) -> tuple[datetime, ...]:
    """Return the instants at which a certificate has to be in force."""
    match anchor:
        case CertificateAnchor.PERFORMED:
            return (performed_at,)
        case CertificateAnchor.EVALUATION:
            return (now,)
        case CertificateAnchor.BOTH:
            return (performed_at, now)


def fault_of(
    certificate: QualityCertificate,
    at: tuple[datetime, ...],
    now: datetime,
    scopes: frozenset[str],
) -> Code | None:
    """Return why a certificate gives no mark, ``None`` where it does.

    Parameters
    ----------
    at
        The instants at which it has to be in force.
    scopes
        The scopes that the receiver lies in.
    """
    in_force = all(certificate.spans(instant) for instant in at)
    # A period that had run out anyway put no mark on the result that could be withdrawn.
    if in_force and _is_void(certificate.withdrawn, at, now):
        return Code.MARK_WITHDRAWN
    if certificate.scope not in scopes:
        return Code.OUTSIDE_SCOPE
    return None if in_force else Code.MARK_NOT_IN_FORCE


def _is_void(withdrawn: Withdrawal | None, at: tuple[datetime, ...], now: datetime) -> bool:
    """Tell whether a withdrawal that is known by now reaches one of the instants."""
    return (
        withdrawn is not None
        and withdrawn.at <= now
        and any(withdrawn.invalid_from <= instant for instant in at)
    )


def widest(
    certificates: Iterable[QualityCertificate], scopes: Mapping[str, ScopeNode]
) -> QualityCertificate | None:
    """Return the certificate of the scope with the lowest rank number, ties by id."""
    return min(certificates, key=lambda each: (scopes[each.scope].rank, each.id), default=None)


def reasons_of(
    faults: dict[str, Code], chosen: QualityCertificate | None, now: datetime
) -> Iterator[Reason]:
    """Yield what there is to say about a result's mark.

    Parameters
    ----------
    faults
        The fault of each unusable certificate by its id.
    chosen
        The usable certificate whose mark is shown.
    """
    if chosen is not None:
        if chosen.has_ended(now):
            yield because(
                Code.CERT_EXPIRED_SINCE_EXAM,
                f"certificate {chosen.id} valid until {chosen.valid_to}",
                f"证书 {chosen.id} 有效至 {chosen.valid_to}",
            )
    elif faults:
        code = min(faults.values(), key=_FAULTS.index)
        names = ", ".join(sorted(name for name, fault in faults.items() if fault is code))
        yield because(code, f"certificate {names}", f"证书 {names}")
    else:
        yield because(
            Code.NO_QUALITY_MARK, "no certificate for the facility and item", "机构和项目无证书"
        )
