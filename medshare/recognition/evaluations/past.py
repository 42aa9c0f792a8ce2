"""From what the packages below hold of a person to what the evaluator takes."""

from collections.abc import Collection, Iterator, Sequence
from zoneinfo import ZoneInfo

from medshare.exams.model import ExamKind, ExamStatus, Prior
from medshare.exams.reports import ReportStatus
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.recognition.evaluations.model import ResultRef, Source
from medshare.recognition.model import Identity, Laterality, Link, Past, Result, Status
from medshare.recognition.registers import ItemOf

_VOID = {
    ExamStatus.CANCELLED: Status.CANCELLED,
    ExamStatus.ENTERED_IN_ERROR: Status.ENTERED_IN_ERROR,
}
_REPORTED = {
    "": Status.PRELIMINARY,
    ReportStatus.PRELIMINARY: Status.PRELIMINARY,
    ReportStatus.FINAL: Status.FINAL,
    ReportStatus.AMENDED: Status.AMENDED,
    ReportStatus.ENTERED_IN_ERROR: Status.ENTERED_IN_ERROR,
}


def status_of(prior: Prior) -> Status:
    """Return how far an exam's result may be relied on; without a report it is not final."""
    return _VOID.get(prior.status) or _REPORTED[prior.report_status]


def past_of(
    patient_id: PatientId,
    priors: Sequence[Prior],
    *,
    with_images: Collection[ExamId],
    item_of: ItemOf,
    zone: ZoneInfo,
    uncertain: Collection[RecordId] = (),
) -> Past:
    """Bring a person's exams into the evaluator's form; what nobody has mapped is left out.

    What the person refuses to share is not among the exams, unless emergency access opens it.

    Parameters
    ----------
    with_images
        The exams whose images can be had.
    zone
        In which the evidence tells its times.
    uncertain
        The records that are the person's by a probable link only. The index makes none today: a
        doubt goes to a registrar, and its records stay with two persons.
    """
    results: list[Result] = []
    links: dict[str, Link] = {}
    for prior in priors:
        side = Laterality(prior.laterality) if prior.laterality else None
        for ref, item in _results_of(prior, item_of):
            result = Result(
                str(ref),
                item,
                prior.happened_at.astimezone(zone),
                prior.facility,
                patient_id,
                status_of(prior),
                laterality=side,
                images=prior.kind is not ExamKind.IMAGING or prior.id in with_images,
            )
            results.append(result)
            if prior.record_id in uncertain:
                links[result.id] = Link.PROBABLE
    return Past(tuple(results), Identity(links=links))


def sources_of(past: Past, priors: Sequence[Prior]) -> tuple[Source, ...]:
    """Return where the results of a past come from."""
    by_exam = {prior.id: prior for prior in priors}
    return tuple(
        Source(
            result.id,
            FacilityCode(result.facility),
            by_exam[ResultRef.read(result.id).exam_id].record_id,
            result.item,
            result.performed_at,
            result.status,
            result.images,
        )
        for result in past.results
    )


def _results_of(prior: Prior, item_of: ItemOf) -> Iterator[tuple[ResultRef, str]]:
    """Yield an exam's own item and, of a laboratory exam, the other items that it measured."""
    own = item_of(prior.facility, prior.item)
    if own is not None:
        yield ResultRef(prior.id, prior.report_version), own
    measured = {item_of(prior.facility, each) for each in prior.observed} - {own, None}
    for item in sorted(each for each in measured if each):
        yield ResultRef(prior.id, prior.report_version, item), item
