"""Use cases of reliance: raise alerts, list them, take note of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import ExamId, FacilityCode
from medshare.recognition.alerts import Severity, SourceEvent, alerts_of
from medshare.recognition.decisions import service as decisions
from medshare.recognition.decisions.model import Recorded
from medshare.recognition.evaluations import service as evaluations
from medshare.recognition.model import Decision
from medshare.recognition.reliance import store
from medshare.recognition.reliance.model import (
    Acknowledgement,
    Alert,
    AlertFilter,
    AlertUnknownError,
    Cause,
)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that befell results.

    Parameters
    ----------
    source
        Names the very change, so that its fact may come twice.
    significant
        Whether treatment may change by it.
    """

    cause: Cause
    source: str
    significant: bool


def tell_deciders(uow: UnitOfWork, change: Change, relied: Sequence[Recorded]) -> list[Subject]:
    """Raise an alert to each doctor whose live decision rests on what has changed.

    Returns
    -------
    list[Subject]
        Whose decisions they are, for the trail.
    """
    by_id = {each.id: each for each in relied}
    event = SourceEvent(
        change.cause, frozenset(each.draft.result for each in relied), change.significant
    )
    raised = alerts_of(event, map(_as_decided, relied), ())
    alerts = [_alert(uow, change, by_id[each.decision], each.severity) for each in raised]
    return _subjects(store.add_new(uow.session, alerts))


def tell_viewers(uow: UnitOfWork, change: Change, exam_ids: Collection[ExamId]) -> list[Subject]:
    """Let those hear who looked at a result and left it undecided."""
    alerts = []
    for facility, view in decisions.views_without_decision(uow, exam_ids):
        evaluation = evaluations.get(uow, facility, view.evaluation_id)
        alerts.append(
            Alert(
                id=uow.new_key(),
                cause=change.cause,
                severity=Severity.NOTICE,
                source=change.source,
                facility=facility,
                evaluation_id=evaluation.id,
                decision_id=None,
                result=view.result,
                doctor=view.viewer,
                department=view.department,
                patient_id=evaluation.patient_id,
                record_id=evaluation.record_id,
                source_record_id=evaluation.source_of(view.result).record_id,
                raised_at=uow.now(),
            )
        )
    return _subjects(store.add_new(uow.session, alerts))


def page(
    uow: UnitOfWork, facility: FacilityCode, wanted: AlertFilter, *, cursor: str | None, limit: int
) -> Page[Alert]:
    """List a facility's alerts, newest first."""
    keys = read_cursor(cursor, 1)
    before = keys[0] if keys else ""
    found = store.page(uow.session, facility, wanted, before=before, limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def acknowledge(
    uow: UnitOfWork, facility: FacilityCode, alert_id: str, by: str, note: str
) -> Alert:
    """Take note of an alert; again changes nothing.

    Raises
    ------
    AlertUnknownError
        The facility has no such alert.
    """
    alert = store.find_to_change(uow.session, alert_id)
    if alert is None or alert.facility != facility:
        raise AlertUnknownError
    if alert.acknowledgement is not None:
        return alert
    store.acknowledge(uow.session, alert_id, Acknowledgement(by, uow.now(), note))
    return store.find_to_change(uow.session, alert_id) or alert


def _as_decided(decision: Recorded) -> Decision:
    draft = decision.draft
    revoked = decision.revocation is not None
    return Decision(
        decision.id, draft.result, draft.outcome, draft.doctor, decision.facility, revoked
    )


def _alert(uow: UnitOfWork, change: Change, decision: Recorded, severity: Severity) -> Alert:
    return Alert(
        id=uow.new_key(),
        cause=change.cause,
        severity=severity,
        source=change.source,
        facility=decision.facility,
        evaluation_id=decision.draft.evaluation_id,
        decision_id=decision.id,
        result=decision.draft.result,
        doctor=decision.draft.doctor,
        department=decision.draft.department,
        patient_id=decision.patient_id,
        record_id=decision.record_id,
        source_record_id=decision.source_record_id,
        raised_at=uow.now(),
    )


def _subjects(alerts: Iterable[Alert]) -> list[Subject]:
    return [subject for each in alerts for subject in each.subjects]
